import { isalDeflater } from './isal.ts';
import type { Deflater } from './port.ts';
import { zlibDeflater } from './zlib.ts';

export type { Deflater } from './port.ts';

/** The fastest gzip compressor that this machine has. */
export function openDeflater(): Deflater {
  return isalDeflater() ?? zlibDeflater();
}
