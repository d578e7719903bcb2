import { createReadStream, openSync } from 'node:fs';
import { errnoOf, InvalidArgument } from '#base';

const chunk = 256 * 1024;

/** Opens a file to be sent. Throws InvalidArgument in Go's words, before anything is sent. */
export function openInput(path: string): AsyncIterable<Uint8Array> {
  try {
    return createReadStream('', { fd: openSync(path, 'r'), highWaterMark: chunk });
  } catch (error) {
    const reason = { ENOENT: 'no such file or directory', EACCES: 'permission denied' }[errnoOf(error) ?? ''] ?? errnoOf(error) ?? 'failed';
    throw new InvalidArgument(`open ${path}: ${reason}`, { cause: error });
  }
}
