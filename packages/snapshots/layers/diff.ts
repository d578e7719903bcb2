import { pool } from '../pool.ts';
import { streamFrom } from '../trees/stream.ts';
import type { DiffResult } from './pack.ts';

export type { DiffResult } from './pack.ts';

export interface DiffLayer {
  /** The active snapshot's own directory (`Snapshotter.upperPath`). */
  readonly upper: string;
  /** Directories of the layers below, topmost first. */
  readonly lowers: readonly string[];
}

/**
 * Archives what a snapshot changes as an uncompressed layer (OCI image-spec layer.md) into a new file at `path`, in a
 * worker thread. The same changes give the same bytes. Nothing of a half-made file is cleared when it throws.
 */
export async function diffLayer(layer: DiffLayer, path: string): Promise<DiffResult> {
  return pool.run('pack', { ...layer, output: { path } });
}

/** Like diffLayer, as a stream; `result` settles when the stream has ended. Leave the stream early to stop the worker. */
export function diffLayerStream(layer: DiffLayer): { stream: AsyncIterable<Buffer>; result: Promise<DiffResult> } {
  return streamFrom((ring) => pool.run('pack', { ...layer, output: { ring } }));
}
