/**
 * The home of a rootless daemon: a process that does nothing but hold a user, a mount and a network namespace, and the
 * program that carries packets between that network and the host's (the uplink). Daemons come and go, it stays while
 * there are containers; a new daemon of the same roots moves into it again.
 *
 *   <exec-root>/rootless.json    { "pid", "started", "uplink": { "name", "pid", "started" } | null }
 *
 * A process is known by its pid and its start time (proc_pid_stat(5), field 22), so that a pid that was given to
 * somebody else is not taken for it.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { errnoOf } from '#base';
import { signalProcess, startTimeOf } from '#kernel';
import { ownerVariable } from './directories.ts';

export interface HeldProcess {
  readonly pid: number;
  readonly started: string;
}

export interface Home extends HeldProcess {
  /** Null where neither pasta nor slirp4netns is installed: then the host's network is shared. */
  readonly uplink: (HeldProcess & { readonly name: string }) | null;
}

/** The home that lives, or undefined. */
export function readHome(execRoot: string): Home | undefined {
  try {
    const home = JSON.parse(readFileSync(file(execRoot), 'utf8')) as Home;
    return isAlive(home) ? home : undefined;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Half a record is no record: then the home is found dead, and a new one made. */
export function writeHome(execRoot: string, home: Home): void {
  mkdirSync(execRoot, { recursive: true, mode: 0o700 });
  writeFileSync(file(execRoot), JSON.stringify(home), { mode: 0o600 });
}

/** A rootless daemon's last step, when no container needs the home: the namespaces go with the last process in them. */
export function leaveHome(execRoot: string): void {
  if (process.env[ownerVariable] === undefined) return;
  const home = readHome(execRoot);
  rmSync(file(execRoot), { force: true });
  if (!home) return;
  for (const held of [home.uplink, home]) if (held && isAlive(held)) signalProcess(held.pid, constants.signals.SIGKILL);
}

function isAlive({ pid, started }: HeldProcess): boolean {
  return startTimeOf(pid) === started;
}

function file(execRoot: string): string {
  return join(execRoot, 'rootless.json');
}
