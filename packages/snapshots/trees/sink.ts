import { closeSync, openSync, writeSync } from 'node:fs';
import { RingWriter, type RingMemory } from '#base';
import type { ByteSink } from './packer.ts';

/** Where a worker writes an archive to: a file to be made, or a pipe that another thread reads. */
export type ByteTarget = { readonly path: string } | { readonly ring: RingMemory };

/** Opens it. `end` says that all is well: without it a pipe's reader learns that the rest will not come. */
export function openSink(target: ByteTarget): { write: ByteSink; end(): void } & Disposable {
  if ('ring' in target) {
    const writer = new RingWriter(target.ring);
    return { write: (bytes) => writer.write(bytes), end: () => writer.end(), [Symbol.dispose]: () => writer.fail() };
  }
  const fd = openSync(target.path, 'wx', 0o600);
  return { write: (bytes) => writeWhole(fd, bytes), end() {}, [Symbol.dispose]: () => closeSync(fd) };
}

function writeWhole(fd: number, bytes: Buffer): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
}
