import { createReadStream, openSync } from 'node:fs';
import { fileComplaint } from '../file-complaint.ts';

const chunk = 256 * 1024;

/** Opens a file to be sent. Throws InvalidArgument in Go's words, before anything is sent. */
export function openInput(path: string): AsyncIterable<Uint8Array> {
  try {
    return createReadStream('', { fd: openSync(path, 'r'), highWaterMark: chunk });
  } catch (error) {
    throw fileComplaint(error, 'open', path);
  }
}
