import type { LaidTree } from '#kernel';
import type { PackRootInput } from './archive/pack-root.ts';
import type { UnpackRootInput } from './archive/unpack-root.ts';
import type { DecompressInput } from './layers/decompress.ts';
import type { DiffInput, DiffResult } from './layers/pack.ts';
import type { Unpacked, UnpackInput } from './layers/unpack.ts';
import type { Change } from './port.ts';
import type { ByteSource } from './trees/source.ts';

/** What the room's worker threads do, by name (see snapshots.worker.ts). */
export type Jobs = {
  decompress(input: DecompressInput): Promise<void>;
  unpack(input: UnpackInput): Unpacked;
  pack(input: DiffInput): DiffResult;
  packRoot(input: PackRootInput): void;
  unpackRoot(input: UnpackRootInput): { members: number; size: number };
  cloneRoot(input: { pid: number }): number;
  layOver(input: { root: number; place: string; trees: readonly LaidTree[] }): number;
  probe(input: { source: ByteSource }): boolean;
  changes(input: { upper: string; lowers: readonly string[] }): Change[];
};
