import { closeSync, openSync, readSync } from 'node:fs';
import { RingReader, type RingMemory } from '#base';

/** Where a worker takes an archive from: a file, or a pipe that another thread fills. */
export type ByteSource = { readonly path: string } | { readonly ring: RingMemory };

/** The bytes in pieces, read on this thread. Each is valid until the next is asked for. */
export function* readSource(source: ByteSource): Generator<Buffer> {
  if ('path' in source) yield* readFile(source.path);
  else yield* readRing(source.ring);
}

function* readFile(path: string): Generator<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(1 << 20);
  const fd = openSync(path, 'r');
  try {
    for (let count = readSync(fd, buffer); count > 0; count = readSync(fd, buffer)) yield buffer.subarray(0, count);
  } finally {
    closeSync(fd);
  }
}

function* readRing(memory: RingMemory): Generator<Buffer> {
  const reader = new RingReader(memory);
  try {
    for (let bytes = reader.read(); bytes; bytes = reader.read()) {
      yield bytes;
      reader.release(bytes.length);
    }
  } finally {
    reader.cancel();
  }
}
