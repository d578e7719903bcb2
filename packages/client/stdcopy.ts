/**
 * The multiplexed stream of attach, exec and logs without a terminal (Engine API, "Stream format"):
 *
 *     byte 0        bytes 1–3   bytes 4–7               then
 *     1 out, 2 err  zero        length, big endian      that many bytes
 *     3 system error
 */
import { Internal, Unavailable } from '#base';

export type StdStream = 'stdin' | 'stdout' | 'stderr';

export interface StdFrame {
  readonly stream: StdStream;
  readonly bytes: Buffer;
}

const headerLength = 8;
const systemError = 3;
const names: readonly StdStream[] = ['stdin', 'stdout', 'stderr'];

/**
 * Splits frames out of `source`, parts of one as they come. Throws Internal for a system-error frame, whose text is
 * the message, and Unavailable when the stream ends inside a frame.
 */
export async function* demultiplex(source: AsyncIterable<Buffer>): AsyncGenerator<StdFrame> {
  let pending: Buffer = Buffer.alloc(0);
  let left = 0;
  let kind = 0;
  let complaint = '';
  for await (const chunk of source) {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    for (;;) {
      if (left === 0) {
        if (pending.length < headerLength) break;
        kind = pending[0] ?? 0;
        left = pending.readUInt32BE(4);
        pending = pending.subarray(headerLength);
        if (kind > systemError) throw new Internal(`Unrecognized input header: ${kind}`);
      }
      const bytes = pending.subarray(0, left);
      pending = pending.subarray(bytes.length);
      left -= bytes.length;
      if (kind === systemError) complaint += bytes.toString();
      else if (bytes.length > 0) yield { stream: names[kind] ?? 'stdout', bytes };
      if (kind === systemError && left === 0) throw new Internal(`error from daemon in stream: ${complaint}`);
      if (left > 0) break;
    }
  }
  if (left > 0 || pending.length > 0) throw new Unavailable('unexpected EOF');
}
