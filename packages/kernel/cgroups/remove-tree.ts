import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { errnoOf, tolerate } from '#base';
import type { DirectoryCalls } from './directories.ts';

const REMOVE_TRIES = 60;

/** Removes a cgroup's directory and what was made below it. Waits a little for processes that are on their way out. */
export async function removeTree(directory: string, calls: DirectoryCalls): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await removeOnce(directory, calls);
    } catch (error) {
      if (errnoOf(error) !== 'EBUSY' || attempt >= REMOVE_TRIES) throw error;
    }
    await sleep(attempt < 10 ? 1 : 50);
  }
}

/** rmdir alone suffices where nothing was made below. */
async function removeOnce(directory: string, calls: DirectoryCalls): Promise<void> {
  try {
    await calls.remove(directory);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return;
    if (errnoOf(error) !== 'EBUSY' && errnoOf(error) !== 'ENOTEMPTY') throw error;
    const below = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    if (below.length === 0) throw error;
    for (const entry of below) await removeOnce(join(directory, entry.name), calls);
    await calls.remove(directory);
  }
}

/** Removes the directory unless something is in it. */
export async function removeEmpty(directory: string, calls: DirectoryCalls): Promise<void> {
  await calls.remove(directory).catch(tolerate(['ENOENT', 'EBUSY', 'ENOTEMPTY'], undefined));
}
