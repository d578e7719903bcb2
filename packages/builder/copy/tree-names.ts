import { readdirSync } from 'node:fs';
import { decodeName, encodeName } from '#base';

/** A path as Node takes it: names that are no Unicode go as bytes. */
export function fsPath(path: string): string | Buffer {
  return path.isWellFormed() ? path : encodeName(path);
}

/** Names in a directory, sorted by their bytes. */
export function namesIn(directory: string): string[] {
  const entries = readdirSync(fsPath(directory), { encoding: 'buffer' });
  return entries.sort(Buffer.compare).map((name) => decodeName(name));
}
