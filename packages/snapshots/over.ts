import { close } from 'node:fs';
import { promisify } from 'node:util';
import { cloneTree, detachedMount, type LaidTree } from '#kernel';
import { pool } from './pool.ts';

const closeInPool = promisify(close);

/** A mount over a root file system, in fstab form; `destination` is a clean absolute path in it. */
export interface OverTree {
  readonly destination: string;
  readonly type: string;
  readonly source: string;
  readonly options: readonly string[];
}

/**
 * Calls `work` while `trees` lie over the detached mount `root`, parents before children: what is seen through the root's
 * descriptor then is what a container with these mounts would see. No other process sees it; nothing is left by kill -9.
 * `place` is any directory of the host. Throws SystemError when a source is not there.
 */
export async function withTreesOver<T>(root: number, place: string, trees: readonly OverTree[], work: () => Promise<T>): Promise<T> {
  const opened: number[] = [];
  try {
    const laid = trees.toSorted((a, b) => a.destination.length - b.destination.length).map((tree): LaidTree => {
      const fd = open(tree);
      opened.push(fd);
      return { tree: fd, destination: tree.destination };
    });
    if (laid.length > 0) opened.push(await pool.run('layOver', { root, place, trees: laid }));
    return await work();
  } finally {
    for (const fd of opened) await closeInPool(fd); // the last close of a file system may sync the disk below
  }
}

function open({ type, source, options }: OverTree): number {
  if (type !== 'bind') return detachedMount(type, source, type === 'tmpfs' ? options.filter((option) => option.includes('=')) : options.filter((option) => !notOfFileSystems.has(option)));
  return cloneTree(source, { readOnly: options.includes('ro') || options.includes('rro'), submounts: !options.includes('bind') });
}

/** Words of mount(8) and of OCI that say how a mount is attached. */
const notOfFileSystems = new Set(['rw', 'defaults', 'bind', 'rbind', 'private', 'rprivate', 'shared', 'rshared', 'slave', 'rslave', 'exec', 'suid', 'dev', 'rro']);
