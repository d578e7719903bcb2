/** Trees on real disks. What is small is done at once; what could keep the API waiting goes to a worker thread. */
import { chownSync, lstatSync, mkdirSync, statSync } from 'node:fs';
import { posix } from 'node:path';
import { WorkerPool, workerUrl } from '#base';
import type { Jobs } from './jobs.ts';
import type { Owner } from './owner.ts';
import { checksumTree } from './tree-checksum.ts';
import { copyTree } from './tree-copy.ts';
import { fsPath, namesIn } from './tree-names.ts';
import type { Trees } from './trees.ts';
import { unpackArchive } from './unpack.ts';

/** A worker thread takes tens of milliseconds to start: less work than this is done sooner without one. */
const most = { entries: 100, bytes: 1 << 20 };

const pool = new WorkerPool<Jobs>(() => workerUrl('builder', import.meta.url));

export const diskTrees: Trees = {
  async checksum(path, { owners }) {
    const job = { path, owners };
    return isSmall(path) ? checksumTree(job) : pool.run('checksum', job);
  },
  async copy(source, destination, { owner }) {
    const job = { source, destination, owner };
    return isSmall(source) ? copyTree(job) : pool.run('copy', job);
  },
  async makeDirectories(path, owner) {
    makeDirectories(path, owner);
  },
  unpack: unpackArchive,
};

function makeDirectories(path: string, owner: Owner | undefined): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  makeDirectories(posix.dirname(path), owner);
  mkdirSync(path, { mode: 0o755 });
  if (owner) chownSync(path, owner.uid, owner.gid);
}

function isSmall(path: string): boolean {
  const left = { ...most };
  count(path, left);
  return left.entries >= 0 && left.bytes >= 0;
}

function count(path: string, left: { entries: number; bytes: number }): void {
  const stat = lstatSync(fsPath(path));
  left.entries--;
  if (stat.isFile()) left.bytes -= stat.size;
  if (!stat.isDirectory()) return;
  for (const name of namesIn(path)) {
    if (left.entries < 0 || left.bytes < 0) return;
    count(`${path}/${name}`, left);
  }
}
