import { createHash, type Hash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { decodeName, encodeName } from '#base';
import { cwd, fileType, nodeTypes, readlinkat, readXattrs, statat, type FileStat } from '#kernel';
import { fsPath, namesIn } from './tree-names.ts';

export interface ChecksumJob {
  readonly path: string;
  /** uid and gid count too. */
  readonly owners: boolean;
}

/** Sha256 of a file, or of everything below a directory: relative names, kinds, modes, attributes, link targets, contents. Times do not count. */
export function checksumTree({ path, owners }: ChecksumJob): string {
  const hash = createHash('sha256');
  add(hash, path, '', owners);
  return hash.digest('hex');
}

function add(hash: Hash, path: string, name: string, owners: boolean): void {
  const stat = statat(cwd, path);
  const type = fileType(stat.mode);
  const content = type === nodeTypes.symlink ? decodeName(readlinkat(cwd, path)) : type === nodeTypes.file ? stat.size : [stat.major, stat.minor];
  const attributes = [...(readXattrs(path, (key) => key.startsWith('trusted.overlay.')) ?? [])].map(([key, value]) => [key, value.toString('base64')]);
  hash.update(encodeName(JSON.stringify([name, stat.mode, owners && [stat.uid, stat.gid], content, attributes])));
  if (type === nodeTypes.file) addContent(hash, path, stat);
  if (type === nodeTypes.directory) for (const each of namesIn(path)) add(hash, `${path}/${each}`, `${name}/${each}`, owners);
}

const buffer = Buffer.allocUnsafeSlow(256 << 10);

function addContent(hash: Hash, path: string, { size }: FileStat): void {
  if (size === 0) return;
  const fd = openSync(fsPath(path), 'r');
  try {
    for (let count = readSync(fd, buffer); count > 0; count = readSync(fd, buffer)) hash.update(buffer.subarray(0, count));
  } finally {
    closeSync(fd);
  }
}
