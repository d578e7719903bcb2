import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { digestOfHash } from '#base';
import type { Digest } from '#base';
import { openDeflater } from '#kernel';
import type { Jobs } from './jobs.ts';

const memberBytes = 1 << 20;

/**
 * Compresses a file into gzip members of a mebibyte of input each, several at once where the machine's compressor gains
 * by it, in order. The same input gives the same bytes on the same machine. Runs in a worker thread.
 */
export async function gzipFile({ tarPath, gzipPath, written }: Parameters<Jobs['gzip']>[0]): Promise<{ digest: Digest; size: number }> {
  const counter = new BigInt64Array(written);
  const hash = createHash('sha256');
  const output = openSync(gzipPath, 'wx', 0o644);
  let size = 0;
  try {
    for await (const member of members(tarPath)) {
      hash.update(member);
      writeWhole(output, member);
      size += member.length;
      Atomics.store(counter, 0, BigInt(size));
      Atomics.notify(counter, 0);
    }
  } finally {
    closeSync(output);
  }
  return { digest: digestOfHash(hash), size };
}

async function* members(path: string): AsyncGenerator<Buffer> {
  const deflater = openDeflater();
  const underWay: Promise<Buffer>[] = [];
  for (const piece of pieces(path)) {
    underWay.push(deflater.member(piece));
    if (underWay.length >= deflater.parallel) yield (await underWay.shift()) as Buffer;
  }
  for (const member of underWay) yield member;
}

function* pieces(path: string): Generator<Buffer> {
  const input = openSync(path, 'r');
  try {
    for (;;) {
      const piece = Buffer.allocUnsafeSlow(memberBytes);
      const count = readSync(input, piece);
      if (count === 0) return;
      yield piece.subarray(0, count);
    }
  } finally {
    closeSync(input);
  }
}

function writeWhole(fd: number, bytes: Buffer): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
}
