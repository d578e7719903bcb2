/** Which controllers work in a cgroup of v2: those that every one above it has handed down. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf, Internal } from '#base';
import { isHostRoot } from '../user-namespace.ts';
import { writeCgroupFile } from './write-file.ts';

/**
 * v2: a controller works in a cgroup when every one above it has handed it down. One that has processes of its own cannot
 * (or would turn into a threaded domain, where no container can live): below it containers run without, and a limit that
 * needs the controller is refused by the name of the file that is missing.
 */
export function enableControllers(root: string, path: string, controllers: readonly string[]): void {
  if (controllers.length === 0) return;
  const parts = path.split('/').filter(Boolean);
  for (let depth = 0; depth < parts.length; depth++) {
    const directory = join(root, ...parts.slice(0, depth));
    const [enabled, available] = [wordsOf(directory, 'cgroup.subtree_control'), wordsOf(directory, 'cgroup.controllers')];
    const missing = controllers.filter((controller) => available.includes(controller) && !enabled.includes(controller));
    if (missing.length === 0) continue;
    if (!canHandDown(directory)) return;
    handDown(directory, missing);
  }
}

/** Above what was delegated to an ordinary user nothing is his to hand down. */
function handDown(directory: string, controllers: readonly string[]): void {
  try {
    writeCgroupFile(join(directory, 'cgroup.subtree_control'), controllers.map((controller) => `+${controller}`).join(' '));
  } catch (error) {
    if (isHostRoot() || !['EACCES', 'EPERM', 'EROFS'].includes(errnoOf(error) ?? '')) throw error;
  }
}

function wordsOf(directory: string, file: string): string[] {
  return readFileSync(join(directory, file), 'utf8').split(/\s+/).filter(Boolean);
}

/** The hierarchy's own root, which has no type, always can (cgroup-v2.rst, "No Internal Process Constraint"). */
function canHandDown(directory: string): boolean {
  if (!existsSync(join(directory, 'cgroup.type'))) return true;
  const [type] = wordsOf(directory, 'cgroup.type');
  return type === 'domain' && wordsOf(directory, 'cgroup.procs').length === 0;
}

/** A container's processes need a cgroup of type domain (cgroup-v2.rst, "Threads"); the words are runc's. */
export function refuseThreaded(directory: string): void {
  const type = readFileSync(join(directory, 'cgroup.type'), 'utf8').trim();
  if (type !== 'threaded' && type !== 'domain invalid') return;
  throw new Internal(`cannot enter cgroupv2 "${directory}" with domain controllers -- it is in ${type === 'threaded' ? 'threaded mode' : 'an invalid state'}`);
}
