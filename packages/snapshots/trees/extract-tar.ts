import { pool } from '../pool.ts';
import { isKind } from '#base';
import { withPlainBytes, type ArchiveSource } from './pipeline.ts';

export interface ExtractOptions {
  /** Owner of everything unpacked; without it the archive's own. */
  readonly owner?: { readonly uid: number; readonly gid: number };
  /** Names that climb out begin at `destination` instead of being refused. */
  readonly clamp?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * Unpacks a tar, compressed or not, into the directory `destination`, for a build's context and for ADD. Names that
 * climb out throw InvalidArgument; links are followed inside `destination` only. Nothing of it is special: a name that
 * looks like a layer's whiteout is a file. Throws DataLoss for what is no archive.
 */
export async function extractTar(source: ArchiveSource, destination: string, { owner, clamp, signal }: ExtractOptions = {}): Promise<{ members: number; size: number }> {
  return withPlainBytes(source, signal, (bytes) => pool.run('unpackRoot', { source: bytes, root: destination, base: '', noOverwriteDirNonDir: false, clamp, owner }));
}

/**
 * True when the file at `path` begins as a tar does, compressed or not: at least one member's header can be read. An
 * ADD unpacks such files and copies all others.
 */
export async function isTar(path: string): Promise<boolean> {
  try {
    return await withPlainBytes(path, undefined, (source) => pool.run('probe', { source }));
  } catch (error) {
    if (isKind(error, 'DataLoss') || isKind(error, 'InvalidArgument') || isKind(error, 'Cancelled')) return false;
    throw error;
  }
}
