import { posix } from 'node:path';
import { InvalidArgument, quote } from '#base';

/**
 * Cleans a name out of an archive or a request: relative to the root, no empty, `.` or `..` element; '' is the root.
 * A leading slash means the root, as it does for Docker. Throws InvalidArgument when `..` climbs above the root.
 */
export function cleanPath(name: string): string {
  const usual = name.slice(name.startsWith('./') ? 2 : 0, name.endsWith('/') ? -1 : undefined);
  if (isClean(usual)) return usual;
  const parts: string[] = [];
  for (const part of name.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) throw new InvalidArgument(`${quote(name)} is outside of "/"`);
  }
  return parts.join('/');
}

/** The same, where `..` at the root stays there, as it does in a chroot. */
export function clampedPath(name: string): string {
  return posix.resolve('/', name).slice(1);
}

/** Directory and last element of a clean path. */
export function splitPath(path: string): { parent: string; name: string } {
  const slash = path.lastIndexOf('/');
  return { parent: slash < 0 ? '' : path.slice(0, slash), name: path.slice(slash + 1) };
}

export function joinPath(parent: string, name: string): string {
  return parent === '' ? name : `${parent}/${name}`;
}

/** The quick answer for most names. */
function isClean(name: string): boolean {
  return !name.startsWith('/') && !name.endsWith('/') && !name.includes('//') && !name.startsWith('.') && !name.includes('/.') && name !== '';
}
