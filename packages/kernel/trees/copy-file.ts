import { readSync, writeSync } from 'node:fs';
import { decodeName } from '#base';
import { close, cwd, fileType, mknodat, nodeTypes, openat, openFlags, readlinkat, symlinkat, type FileStat } from '../files/index.ts';
import { attributesOf, setFdAttributes, setNameAttributes, type Attributes } from './attributes.ts';

/** Copies what is no directory, with its attributes unless others are given; the name must be free. */
export function copyFile(from: string, stat: FileStat, dirfd: number, name: string, attributes: Attributes = attributesOf(from, stat)): void {
  const type = fileType(stat.mode);
  if (type === nodeTypes.file) {
    copyContent(openat(cwd, from, openFlags.read | openFlags.noFollow | openFlags.nonBlocking), dirfd, name, attributes);
    return;
  }
  if (type === nodeTypes.symlink) symlinkat(decodeName(readlinkat(cwd, from)), dirfd, name);
  else mknodat(dirfd, name, type | 0o600, stat.major, stat.minor);
  setNameAttributes(dirfd, name, attributes, type === nodeTypes.symlink);
}

/** Copies an open file's bytes into a new file; closes `source`. */
function copyContent(source: number, dirfd: number, name: string, attributes: Attributes): void {
  try {
    const target = openat(dirfd, name, openFlags.write | openFlags.create | openFlags.exclusive | openFlags.noFollow, 0o600);
    try {
      pump(source, target);
      setFdAttributes(target, attributes);
    } finally {
      close(target);
    }
  } finally {
    close(source);
  }
}

const buffer = Buffer.allocUnsafeSlow(256 << 10);

function pump(source: number, target: number): void {
  for (let count = readSync(source, buffer, 0, buffer.length, null); count > 0; count = readSync(source, buffer, 0, buffer.length, null)) {
    for (let done = 0; done < count; ) done += writeSync(target, buffer, done, count - done);
  }
}
