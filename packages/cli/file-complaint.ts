import { errnoOf, InvalidArgument, messageOf } from '#base';

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory', EACCES: 'permission denied', EISDIR: 'is a directory', ENOTDIR: 'not a directory', EEXIST: 'file exists', ENOSPC: 'no space left on device', EROFS: 'read-only file system',
};

/** A failed look at a file in Go's words: `open PATH: no such file or directory`. `prefix` stands before them. */
export function fileComplaint(error: unknown, operation: string, path: string, prefix = ''): InvalidArgument {
  return new InvalidArgument(`${prefix}${operation} ${path}: ${reasons[errnoOf(error) ?? ''] ?? errnoOf(error) ?? messageOf(error)}`, { cause: error });
}
