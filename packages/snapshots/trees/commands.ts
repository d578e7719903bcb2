import { spawn } from 'node:child_process';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { DataLoss, errnoOf, InvalidArgument } from '#base';

/**
 * Decompresses by the format's own command, as Docker does. Throws InvalidArgument where the command is not installed,
 * DataLoss when it fails, and what `source` throws.
 */
export async function* throughCommand(command: 'bzip2' | 'xz', source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const child = spawn(command, ['-d', '-c', '-q'], { stdio: ['pipe', 'pipe', 'ignore'] });
  const { promise: exited, resolve, reject } = Promise.withResolvers<number | null>();
  child.on('error', reject).on('close', resolve);
  exited.catch(() => {}); // Looked at below, where its error belongs.
  const feeding = pipeline(Readable.from(source), child.stdin).then(() => undefined, (error: unknown) => error);
  try {
    yield* child.stdout as AsyncIterable<Uint8Array>;
    const code = await exited;
    const fault = await feeding;
    if (fault !== undefined && errnoOf(fault) !== 'EPIPE') throw fault;
    if (code !== 0) throw new DataLoss('unexpected EOF');
  } catch (error) {
    throw errnoOf(error) === 'ENOENT' ? new InvalidArgument(`exec: "${command}": executable file not found in $PATH`, { cause: error }) : error;
  } finally {
    child.kill('SIGKILL');
  }
}
