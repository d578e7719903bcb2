import { errnoOf, Forbidden, Internal, type NaruError } from '#base';
import { cleanPath, close, fileType, nodeTypes, openFlags, statat } from '#kernel';
import { pool } from '../pool.ts';
import { withPlainBytes, type ArchiveSource } from '../trees/pipeline.ts';
import type { IdMap } from './ids.ts';
import { realPath, Root } from './resolve.ts';
import { absolutePath, inDockersWords } from './stat.ts';

export interface PutOptions {
  /** Refuse to put a file where a directory is, and the other way round. */
  readonly noOverwriteDirNonDir?: boolean;
  /** Owner of everything unpacked (Docker's `copyUIDGID`); without it the archive's own. */
  readonly owner?: { readonly uid: number; readonly gid: number };
  /** As whom the container's owners are seen at this root. */
  readonly ids?: IdMap | undefined;
  /** Asked with the directory's real path in the container before anything is written; throws to refuse. */
  readonly permit?: (directory: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * Unpacks an archive, compressed or not, into the directory `path` of the root file system at `root`, for `docker cp`
 * into a container (Engine API, `PUT /containers/{id}/archive`). All links are followed inside the root; whoever
 * changes the tree meanwhile gets nothing written outside it. Throws NotFound without the directory, Internal
 * for what is none, InvalidArgument for names that climb out, Forbidden for a root file system that is read-only.
 */
export async function putArchive(root: string, path: string, archive: ArchiveSource, container: string, options: PutOptions = {}): Promise<void> {
  const directory = requireDirectory(root, path, container);
  options.permit?.(directory);
  const { noOverwriteDirNonDir = false, owner, ids, signal } = options;
  try {
    await withPlainBytes(archive, signal, (source) => pool.run('unpackRoot', { source, root, base: cleanPath(absolutePath(path)), noOverwriteDirNonDir, owner, ids }));
  } catch (error) {
    throw isReadOnly(error) ? new Forbidden('container rootfs is marked read-only', { cause: error }) : error;
  }
}

/** Gives its real path. */
function requireDirectory(root: string, path: string, container: string): string {
  using inside = new Root(root);
  let fd: number;
  try {
    fd = inside.open(path, openFlags.path);
  } catch (error) {
    throw inDockersWords(error, path, container);
  }
  const { mode } = statat(fd, '');
  close(fd);
  if (fileType(mode) !== nodeTypes.directory) throw new Internal('extraction point is not a directory');
  return realPath(inside, absolutePath(path));
}

/** The worker's errors carry the sentence, no longer the code. */
function isReadOnly(error: unknown): error is NaruError {
  return errnoOf(error) === 'EROFS' || (error instanceof Error && error.message.endsWith(': read-only file system'));
}
