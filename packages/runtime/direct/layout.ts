/**
 * What a container of the command line is on disk, for the commands that come later. Nobody holds it: its processes are
 * children of whoever reaps the caller, what it is doing is read from /proc and its cgroup.
 *
 *   <root>/<id>/
 *     state.json     ContainerRecord; written first, so that whoever finds a half-made container can clear it away
 *     exec.fifo      there until the container is started; a byte written to it starts it
 *     seccomp.bpf    the compiled filter, for processes added by exec; absent when unconfined
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Conflict, errnoOf, Internal, InvalidArgument, jsonProblem, NotFound, tolerating } from '#base';
import type { CgroupLayout } from '#kernel';
import type { Operation } from '#shim';
import type { OciHook, OciProcess } from '#spec';
import type { Labels } from '../compile/labels.ts';
import type { MemoryPolicy, Personality } from '../compile/scheduling.ts';
import type { SystemdUnit } from '../systemd/unit.ts';

export interface ContainerRecord {
  readonly version: 1;
  readonly id: string;
  readonly ociVersion: string;
  readonly bundle: string;
  /** Absolute. */
  readonly rootfs: string;
  /** RFC 3339. */
  readonly created: string;
  readonly annotations: Readonly<Record<string, string>> | undefined;
  /** Of the first process as the host sees it; 0 while the container is being made. */
  readonly pid: number;
  /** Field 22 of /proc/PID/stat: tells the process from a later one with its number. */
  readonly startTime: string;
  /** Path below each cgroup hierarchy's root, or below `below`. */
  readonly cgroup: string;
  readonly below?: CgroupLayout['below'];
  /** It has a pid namespace of its own: all its processes end with the first. Not in older records. */
  readonly ownsPids?: boolean;
  /** Of a container whose mounts are the host's: how many lay at its root before. */
  readonly mountsBefore?: number;
  /** The systemd unit that it is; undefined where systemd knows nothing of it. */
  readonly systemd?: SystemdUnit | undefined;
  /** CLONE_NEW* flags that an exec joins. */
  readonly namespaces: number;
  /** Of the first process: an exec that names none has the same. */
  readonly capabilities: OciProcess['capabilities'];
  /** The same of its security modules' labels. */
  readonly labels?: Labels;
  /** The same of its memory policy. */
  readonly memoryPolicy?: MemoryPolicy | undefined;
  readonly personality?: Personality;
  /** Flags for seccomp(2) with seccomp.bpf. */
  readonly seccompFlags: number;
  /** Where its listener goes, when it has one. */
  readonly listener: Operation | undefined;
  /** Processes stay in their caller's session keyring. */
  readonly keepKeyring: boolean;
  /** Its user namespace forbids setgroups; not in older records. */
  readonly groupsDenied?: boolean;
  /** Hooks that run after the start and after the removal. */
  readonly poststart: readonly OciHook[];
  readonly poststop: readonly OciHook[];
}

/** Throws InvalidArgument for an id that cannot name a directory. */
export function directoryOf(root: string, id: string): string {
  if (!id) throw new InvalidArgument('container id cannot be empty');
  if (!/^[\w+.-]+$/.test(id) || id === '.' || id === '..') throw new InvalidArgument('invalid container ID format');
  return join(root, id);
}

export const fifoPath = (directory: string): string => join(directory, 'exec.fifo');
const recordPath = (directory: string): string => join(directory, 'state.json');
const seccompPath = (directory: string): string => join(directory, 'seccomp.bpf');

/** Throws Conflict when the id is taken. */
export function makeDirectory(root: string, id: string): string {
  const directory = directoryOf(root, id);
  mkdirSync(root, { recursive: true, mode: 0o700 });
  try {
    mkdirSync(directory, { mode: 0o711 });
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') throw new Conflict('container with given ID already exists');
    throw error;
  }
  return directory;
}

export function removeDirectory(directory: string): void {
  rmSync(directory, { recursive: true, force: true });
}

/** Replaces the record whole: a reader sees the one or the other. */
export function writeRecord(directory: string, record: ContainerRecord): void {
  const path = recordPath(directory);
  writeFileSync(`${path}.new`, JSON.stringify(record), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** Throws NotFound when there is no such container, or when its making was cut off before anything was there but its name. */
export function readRecord(directory: string): ContainerRecord {
  let text = '';
  try {
    text = readFileSync(recordPath(directory), 'utf8');
    return JSON.parse(text) as ContainerRecord;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') throw new NotFound('container does not exist', { cause: error });
    if (error instanceof SyntaxError) throw new Internal(jsonProblem(text), { cause: error });
    throw error;
  }
}

export function writeSeccomp(directory: string, program: Uint8Array): void {
  writeFileSync(seccompPath(directory), program, { mode: 0o600 });
}

export function readSeccomp(directory: string): Uint8Array | undefined {
  return tolerating(['ENOENT'], undefined, () => readFileSync(seccompPath(directory)));
}

/** The ids of all containers below `root`. */
export function listIds(root: string): string[] {
  return tolerating(['ENOENT'], [], () => readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name).toSorted());
}
