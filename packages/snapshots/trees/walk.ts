import { readdirSync } from 'node:fs';
import { decodeName, encodeName } from '#base';
import { cwd, fileType, nodeTypes, statat, type FileStat } from '#kernel';

export interface Visit {
  /** Relative to the root of the walk, without a leading slash; '' for the root. */
  readonly path: string;
  readonly stat: FileStat;
}

/**
 * Every entry of a tree that only Naru writes to, a directory before what is in it, names in byte order. Symbolic
 * links are not followed; other file systems mounted inside are entered.
 */
export function* walk(root: string, path = '', stat: FileStat = statat(cwd, root)): Generator<Visit> {
  yield { path, stat };
  if (fileType(stat.mode) !== nodeTypes.directory) return;
  for (const name of namesIn(root)) yield* walk(`${root}/${name}`, path === '' ? name : `${path}/${name}`);
}

/** Names in a directory, sorted by their bytes as Go's filepath.Walk does. */
export function namesIn(directory: string): string[] {
  const path = directory.isWellFormed() ? directory : encodeName(directory);
  const entries = readdirSync(path, { encoding: 'buffer' });
  return entries.sort(Buffer.compare).map((name) => decodeName(name));
}
