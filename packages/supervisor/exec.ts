/** Runs another process inside a running container. */
import { Conflict } from '#base';
import type { Process } from '#runtime';
import type { OciProcess } from '#spec';
import type { ContainerSpec, ExecSpec } from './port.ts';
import { emit, entryOf, type Room } from './room.ts';
import { requireProfile } from './apparmor/require.ts';
import { labelsFor } from './spec/apparmor.ts';
import { capabilitySets, grantedCapabilities } from './spec/capabilities.ts';
import { withHome } from './spec/compile.ts';
import { can } from './states.ts';
import { asTaskError } from './task-error.ts';
import { userDatabaseOf } from './user-database.ts';
import { lookupUser } from './users.ts';

/** Throws Conflict when the container does not run or is paused, and what the user should read when the command cannot start. */
export async function exec(room: Room, id: string, spec: ExecSpec): Promise<Process> {
  const entry = entryOf(room, id);
  const { task } = entry;
  if (can('exec', entry.status) !== 'yes' || !task) throw new Conflict(refusal(id, entry.status));
  await requireProfile(room, entry.spec);
  const stdio = { terminal: spec.terminal, stdin: spec.stdin, stdinOnce: spec.stdin, log: undefined, detached: spec.detached ?? false, attach: spec.attach };
  const process = await asTaskError(task.exec(spec.execId, processOf(room, entry.spec, spec), stdio));
  tellEnd(room, id, spec.execId, process);
  return process;
}

/** Watches an exec that another daemon started; its end is told here from now on. */
export async function adoptExec(room: Room, id: string, execId: string, handle: string): Promise<Process | undefined> {
  const process = await room.entries.get(id)?.task?.adopt?.(handle);
  if (process) tellEnd(room, id, execId, process);
  return process;
}

function refusal(id: string, status: string): string {
  if (status === 'paused') return `Container ${id} is paused, unpause the container before exec`;
  if (status === 'restarting') return `Container ${id} is restarting, wait until the container is running`;
  return `container ${id} is not running`;
}

function processOf(room: Room, container: ContainerSpec, spec: ExecSpec): OciProcess {
  const user = lookupUser(spec.user || container.process.user, container.process.groups, userDatabaseOf(room, container));
  const security = spec.privileged ? { ...container.security, privileged: true } : container.security;
  const { consoleSize } = spec;
  return {
    ...(spec.terminal && { terminal: true, ...(consoleSize && { consoleSize: { height: consoleSize.rows, width: consoleSize.columns } }) }),
    user: { uid: user.uid, gid: user.gid, additionalGids: [...user.additionalGids] },
    args: [...spec.args],
    env: withHome(spec.env, user.home),
    cwd: spec.cwd || container.process.cwd || '/',
    capabilities: capabilitySets(grantedCapabilities(security, room.host.capabilities)),
    ...(container.process.rlimits.length > 0 && { rlimits: container.process.rlimits.map((limit) => ({ ...limit })) }),
    ...(container.security.noNewPrivileges && { noNewPrivileges: true }),
    ...labelsFor(container.security, room.host),
    oomScoreAdj: container.process.oomScoreAdj,
  };
}

function tellEnd(room: Room, id: string, execId: string, process: Process): void {
  process.wait().then(
    (exit) => emit(room, { kind: 'exec-exited', id, execId, at: exit.at, exit }),
    (error: unknown) => room.log('error', `end of exec ${execId}: ${String(error)}`),
  );
}
