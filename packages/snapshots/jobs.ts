import type { Change } from './port.ts';
import type { DecompressInput } from './layers/decompress.ts';
import type { DiffInput, DiffResult } from './layers/pack.ts';
import type { Unpacked, UnpackInput } from './layers/unpack.ts';

/** What the room's worker threads do, by name (see snapshots.worker.ts). */
export type Jobs = {
  decompress(input: DecompressInput): Promise<void>;
  unpack(input: UnpackInput): Unpacked;
  pack(input: DiffInput): DiffResult;
  changes(input: { upper: string; lowers: readonly string[] }): Change[];
  usage(input: { path: string }): { bytes: number; inodes: number };
  remove(input: { path: string }): void;
};
