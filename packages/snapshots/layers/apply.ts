import { pool } from '../pool.ts';
import { withPlainBytes, type ArchiveSource } from '../trees/pipeline.ts';
import type { Unpacked } from './unpack.ts';

export type { Unpacked } from './unpack.ts';

export interface ApplyLayer {
  /** The layer's blob: a file's path, or its bytes while they arrive. */
  readonly source: ArchiveSource;
  /** The active snapshot's own directory (`Snapshotter.upperPath`). */
  readonly upper: string;
  /** Directories of the layers below, topmost first (`Snapshotter.lowerPaths(parent)`). */
  readonly lowers: readonly string[];
  /** `upper` holds the layers between those below and this one already: what this one deletes goes from it. */
  readonly merging?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * Unpacks a layer (tar, plain or compressed as `withPlainBytes` reads it, whatever its media type says) into a snapshot's
 * directory (OCI image-spec layer.md), in worker threads: one decompresses while the other hashes and writes.
 *
 * Whiteouts become overlayfs' own. Nothing is written outside `upper`: names that climb out throw InvalidArgument
 * ("… is outside of …"), symbolic links on the way are followed inside the root only. Throws DataLoss for bytes that
 * are no layer, Cancelled when `signal` fires, and what reading `source` throws. After a throw `upper` is half-filled:
 * remove the snapshot.
 */
export async function applyLayer({ source, upper, lowers, merging, signal }: ApplyLayer): Promise<Unpacked> {
  return withPlainBytes(source, signal, (bytes) => pool.run('unpack', { source: bytes, upper, lowers, ...(merging && { merging }) }));
}
