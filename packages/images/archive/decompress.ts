import { spawn } from 'node:child_process';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { DataLoss, errnoOf, InvalidArgument } from '#base';
import { compressionOfBytes } from '../compression.ts';

const chunkSize = 256 << 10;

/**
 * A tar stream as it is, whatever it is compressed with, told by its first bytes: gzip and zstd in process, bzip2 and xz
 * by their commands as dockerd does. An empty one stays empty.
 */
export async function* decompressed(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]();
  const start = await take(iterator, 8);
  const whole = Readable.from(resume(start, iterator), { objectMode: false, highWaterMark: chunkSize });
  const compression = compressionOfBytes(start);
  if (compression === 'none') yield* whole;
  else if (compression === 'gzip') yield* through(whole, createGunzip({ chunkSize }));
  else if (compression === 'zstd') yield* through(whole, createZstdDecompress({ chunkSize }));
  else yield* throughCommand(whole, compression);
}

async function take(iterator: AsyncIterator<Uint8Array>, count: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for (let size = 0; size < count; ) {
    const next = await iterator.next();
    if (next.done) break;
    chunks.push(next.value);
    size += next.value.length;
  }
  return Buffer.concat(chunks);
}

async function* resume(start: Uint8Array, iterator: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield start;
  for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value;
}

async function* through(source: Readable, transform: NodeJS.ReadWriteStream): AsyncGenerator<Uint8Array> {
  const pumping = pipeline(source, transform);
  pumping.catch(() => undefined);
  try {
    yield* transform as unknown as AsyncIterable<Uint8Array>;
    await pumping;
  } catch (error) {
    throw errnoOf(error)?.startsWith('Z_') || errnoOf(error)?.startsWith('ZSTD_') ? new DataLoss('unexpected EOF', { cause: error }) : error;
  }
}

async function* throughCommand(source: Readable, command: 'bzip2' | 'xz'): AsyncGenerator<Uint8Array> {
  const child = spawn(command, ['-d', '-c', '-q'], { stdio: ['pipe', 'pipe', 'ignore'] });
  const exited = new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  const pumping = pipeline(source, child.stdin);
  pumping.catch(() => undefined);
  exited.catch(() => undefined);
  try {
    yield* child.stdout as AsyncIterable<Uint8Array>;
    if ((await exited) !== 0) throw new DataLoss('unexpected EOF');
  } catch (error) {
    throw errnoOf(error) === 'ENOENT' ? new InvalidArgument(`exec: "${command}": executable file not found in $PATH`, { cause: error }) : error;
  } finally {
    child.kill('SIGKILL');
  }
}
