import { isalInflater } from './isal.ts';
import { zlibInflater, zstdInflater } from './zlib.ts';
import type { Inflater, InflateOutput } from './port.ts';

export type { Inflater, InflateOutput } from './port.ts';

/** The fastest decompressor for `format` that this machine has. */
export function openInflater(format: 'gzip' | 'zstd', output: InflateOutput): Inflater {
  if (format === 'zstd') return zstdInflater(output);
  return isalInflater(output) ?? zlibInflater(output);
}
