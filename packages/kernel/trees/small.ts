import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '#base';

/** Below these a tree is worked on at once: that takes less time than handing it to a thread. */
const fewEntries = 64;
const fewBytes = 1 << 20;

/** True for a tree of few entries and little content; what is not there is small. */
export function isSmall(path: string): boolean {
  return new Budget().covers(path);
}

class Budget {
  #entries = fewEntries;
  #bytes = fewBytes;

  covers(path: string): boolean {
    try {
      const stat = lstatSync(path);
      this.#entries--;
      this.#bytes -= stat.isFile() ? stat.size : 0;
      if (this.#entries < 0 || this.#bytes < 0) return false;
      return !stat.isDirectory() || readdirSync(path).every((name) => this.covers(join(path, name)));
    } catch (error) {
      if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return true;
      throw error;
    }
  }
}
