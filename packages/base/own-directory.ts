import { lstatSync, mkdirSync } from 'node:fs';
import { Forbidden } from './errors.ts';

/**
 * Makes a directory, or takes one that is this user's alone: in a directory of everybody's anybody may have made it, and
 * who can write what is kept there decides what we run. Throws Forbidden, with `advice` on what to do.
 */
export function ownDirectory(path: string, uid: number, advice: string): string {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const found = lstatSync(path);
  if (!found.isDirectory() || found.uid !== uid || (found.mode & 0o022) !== 0) throw new Forbidden(`${path} is not a directory of this user's alone: ${advice}`);
  return path;
}
