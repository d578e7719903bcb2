/**
 * Plans that have another runtime make the process. The stage runs it where the root file system is mounted, in a mount
 * namespace of its own; the process falls to the shim when the runtime has gone. Pure.
 */
import { StdioFlag, type LaunchPlan, type Operation } from '#shim';
import { compileRootMounts, type RootMount } from '../compile/mounts.ts';
import { cloneFlags } from '../compile/names.ts';
import { compileShim, compileStdio, type ShimInput } from '../compile/shim.ts';
import type { StdioOptions } from '../port.ts';

const SLAVES = 0x84000; // MS_SLAVE | MS_REC

/** Files of a task that the runtime is told of, below the task's directory, which it works in. */
export const pidFile = 'init.pid';
export const consoleSocket = 'console.sock';

export interface AdoptInput extends ShimInput {
  readonly directory: string;
  readonly root: string;
  readonly rootfs: readonly RootMount[];
  readonly create: readonly string[];
  readonly start: readonly string[];
  readonly environment: readonly string[];
}

/** The plan of a container that another runtime makes, and starts when it is told to. */
export function compileAdopt(input: AdoptInput): LaunchPlan {
  const { directory, root, rootfs, spec, stdio, create, start, environment } = input;
  const mounts: Operation[] = rootfs.length > 0 ? [{ op: 'unshare', types: cloneFlags.mount }, { op: 'propagation', path: '/', flags: SLAVES }, ...compileRootMounts(root, rootfs, spec.linux?.mountLabel)] : [];
  return [
    ...compileShim(input),
    { op: 'stage' },
    ...(stdio.terminal ? [{ op: 'console-listen', path: consoleSocket } as const] : []),
    ...mounts,
    { op: 'directory-change', path: directory, early: 0 },
    { op: 'adopt', pidFile, arguments: create, environment },
    { op: 'ready', wait: 1 },
    { op: 'run', arguments: start, environment },
  ];
}

export interface AdoptExecInput {
  readonly stdio: StdioOptions;
  readonly words: readonly string[];
  readonly environment: readonly string[];
  /** Names in the task's directory. */
  readonly pidFile: string;
  readonly consoleSocket: string;
}

/** The plan of one more process. */
export function compileAdoptExec({ stdio, words, environment, pidFile: file, consoleSocket: socket }: AdoptExecInput): LaunchPlan {
  return [
    ...compileStdio(stdio, undefined, stdio.detached ? 0 : StdioFlag.hold),
    { op: 'stage' },
    ...(stdio.terminal ? [{ op: 'console-listen', path: socket } as const] : []),
    { op: 'adopt', pidFile: file, arguments: words, environment },
    { op: 'ready', wait: 0 },
  ];
}
