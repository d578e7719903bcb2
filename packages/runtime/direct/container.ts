/** A container of the command line, as found on disk, in /proc and in its cgroup. */
import { closeSync, constants, existsSync, openSync, rmSync, writeSync } from 'node:fs';
import { Conflict, tolerating } from '#base';
import { atOnce, Cgroup, layoutBelow, recordedLayout, signalProcess, startTimeOf } from '#kernel';
import { directoryOf, fifoPath, readRecord, type ContainerRecord } from './layout.ts';

export type ContainerStatus = 'creating' | 'created' | 'running' | 'paused' | 'stopped';

export interface Container {
  readonly directory: string;
  readonly record: ContainerRecord;
  readonly cgroup: Cgroup;
}

/** Throws NotFound in runC's words. */
export function loadContainer(root: string, id: string): Container {
  const directory = directoryOf(root, id);
  const record = readRecord(directory);
  const { cgroup, systemd, below } = record;
  return { directory, record, cgroup: new Cgroup(cgroup, systemd?.root ? layoutBelow(systemd.root) : recordedLayout(below), atOnce) };
}

export function statusOf({ directory, record, cgroup }: Container): ContainerStatus {
  if (!isAlive(record)) return 'stopped';
  if (isFrozen(cgroup)) return 'paused';
  return existsSync(fifoPath(directory)) ? 'created' : 'running';
}

/** In its own pid namespace: whoever else is in its cgroup is not of it. One whose making was cut off may have a process that nobody recorded. */
export function endsWithFirst({ ownsPids, pid }: ContainerRecord): boolean {
  return ownsPids === true && pid > 0;
}

/** Its first process is there, has not ended, and is not a later one with the same number. */
export function isAlive({ pid, startTime }: ContainerRecord): boolean {
  return pid > 0 && startTimeOf(pid) === startTime;
}

/** One that is not there yet, or no more, is not; nor is one without a freezer. */
export function isFrozen(cgroup: Cgroup): boolean {
  return tolerating(['ENOENT'], false, () => cgroup.frozen);
}

/** Lets a created container's program go. */
export function startContainer({ directory }: Container): void {
  const path = fifoPath(directory);
  const fd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK); // ENXIO: nobody waits behind it any more
  try {
    writeSync(fd, '0');
  } finally {
    closeSync(fd);
  }
  rmSync(path, { force: true });
}

/** Sends `signal` to the first process. Throws Conflict in runC's words when there is none. */
export function signalContainer({ record }: Container, signal: number): void {
  if (isAlive(record) && signalProcess(record.pid, signal)) return;
  throw new Conflict('container not running');
}
