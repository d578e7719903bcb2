/**
 * What a task is on disk, for a daemon that comes later:
 *
 *   <execRoot>/tasks/<id>/
 *     task.json      what the runtime must know again (TaskRecord)
 *     shim.sock      the shim listens here while it lives
 *     exit           the shim's last word: "code signal oom at startedAt"
 *   <execRoot>/spares/        shims that wait for a container (spares.ts)
 *   <execRoot>/seccomp/       compiled filters, for processes added by exec (programs.ts)
 *   <execRoot>/trash/         directories of tasks that are gone
 *
 * The directory is made before the shim is spawned and removed after the cgroup is gone: whatever a kill -9 leaves
 * behind has a directory here, and `load` followed by `delete(force)` clears it.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, tolerate, tolerating } from '#base';
import type { CgroupLayout } from '#kernel';
import { parseExitFile, type Ending, type Operation } from '#shim';
import type { OciHook, OciProcess } from '#spec';
import type { Labels } from '../compile/labels.ts';
import type { MemoryPolicy } from '../compile/scheduling.ts';
import type { SystemdUnit } from '../systemd/unit.ts';
import type { HookState } from '../host-hooks.ts';

export interface RuntimeBinary {
  readonly path: string;
  /** Before its own flags. */
  readonly args: readonly string[];
}

export interface LateHooks {
  readonly poststart: readonly OciHook[];
  readonly poststop: readonly OciHook[];
  readonly state: Omit<HookState, 'pid' | 'status'>;
}

export interface TaskRecord {
  readonly version: 1;
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** Path below each cgroup hierarchy's root, or below `below`. */
  readonly cgroup: string;
  readonly below?: CgroupLayout['below'];
  /** The scope that it is; undefined where systemd knows nothing of it. */
  readonly systemd?: SystemdUnit | undefined;
  /** Of the first process: an exec that names none has the same. */
  readonly capabilities: OciProcess['capabilities'];
  /** The same of its security modules' labels. */
  readonly labels?: Labels;
  /** The same of its memory policy. */
  readonly memoryPolicy?: MemoryPolicy | undefined;
  /** CLONE_NEW* flags that an exec joins. */
  readonly namespaces: number;
  /** The compiled filter's name among the programs; undefined when unconfined. */
  readonly seccomp: string | undefined;
  /** Flags for seccomp(2) with it. */
  readonly seccompFlags: number;
  /** Where its listener goes, when it has one. */
  readonly listener: Operation | undefined;
  /** What hooks are told, and those that run after its start and after its removal; undefined without any. */
  readonly late?: LateHooks | undefined;
  /** The OCI runtime that made it, where it is not this one. */
  readonly runtime?: RuntimeBinary;
}

export const socketPath = (directory: string): string => join(directory, 'shim.sock');

/** tmpfs, as a rule: written plainly, read only by a daemon that finds it whole or takes the task for half-made. */
export function writeTask(directory: string, record: TaskRecord): void {
  writeFileSync(join(directory, 'task.json'), JSON.stringify(record), { mode: 0o600 });
}

/** The task's record, or undefined when its making was cut off before it was written. */
export function readTask(directory: string): TaskRecord | undefined {
  try {
    return JSON.parse(readFileSync(join(directory, 'task.json'), 'utf8')) as TaskRecord;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** How the first process ended, as the shim wrote it; undefined when it has not. */
export function readEnding(directory: string): (Ending & { startedAt: number | undefined }) | undefined {
  return tolerating(['ENOENT'], undefined, () => parseExitFile(readFileSync(join(directory, 'exit'), 'utf8')));
}

/**
 * Takes the directory out of the way at once; its files go in a thread, a file at a time can cost a millisecond on a disk
 * that discards. What a kill -9 leaves in `trash` the next daemon removes.
 */
export function discardTaskDirectory(directory: string, trash: string): void {
  const gone = join(trash, randomUUID());
  try {
    renameSync(directory, gone);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return;
    throw error;
  }
  void rm(gone, { recursive: true, force: true });
}

export function removeTaskDirectory(directory: string): Promise<void> {
  return rm(directory, { recursive: true, force: true });
}

export async function emptyTrash(trash: string): Promise<void> {
  for (const name of await readdir(trash)) await rm(join(trash, name), { recursive: true, force: true });
}

export async function listTasks(root: string): Promise<string[]> {
  return readdir(root).catch(tolerate(['ENOENT'], []));
}
