/**
 * How the directories of cgroups are made and removed. Each call takes the one lock of all cgroups, under which the kernel
 * also moves processes, for 10 to 20 ms when somebody moves them by `cgroup.procs`.
 */
import { mkdir, mkdirSync, rmdir, rmdirSync } from 'node:fs';
import { promisify } from 'node:util';
import { errnoOf } from '#base';

export interface DirectoryCalls {
  /** With parents; one that is there is fine. */
  make(directory: string): Promise<void>;
  remove(directory: string): Promise<void>;
}

/** Not those of `fs/promises`: loading that costs the start of a command a millisecond. */
const calls = { mkdir: promisify(mkdir), rmdir: promisify(rmdir) };

/** In threads, for who has others to serve while one waits. */
export const inThreads: DirectoryCalls = {
  make: makeInThread,
  remove: (directory) => calls.rmdir(directory),
};

/** Alone first: its parent is there but for the first time, and Node's way with parents takes half as much again. */
async function makeInThread(directory: string): Promise<void> {
  try {
    await calls.mkdir(directory);
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return;
    if (errnoOf(error) !== 'ENOENT') throw error;
    await calls.mkdir(directory, { recursive: true });
  }
}

/** At once, for a command that has nothing else to do: it takes half the time, and no threads are made. */
export const atOnce: DirectoryCalls = {
  make: async (directory) => void mkdirSync(directory, { recursive: true }),
  remove: async (directory) => rmdirSync(directory),
};
