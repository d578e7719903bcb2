import { promisify } from 'node:util';
import { availableParallelism } from 'node:os';
import { gzip } from 'node:zlib';
import type { Deflater } from './port.ts';

/** As small as ISA-L makes it; each level above costs more time than it saves in sending. */
const level = 4;

/** zlib in Node's thread pool: one member on each of its threads. */
export function zlibDeflater(): Deflater {
  const compress = promisify<Buffer, { level: number; chunkSize: number }, Buffer>(gzip);
  return {
    parallel: Math.min(4, availableParallelism()),
    member: (input) => compress(input, { level, chunkSize: 256 << 10 }),
  };
}
