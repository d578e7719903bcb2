import { InvalidArgument } from '../errors.ts';
import { encodeHeader, tarEnd } from './encode.ts';
import { tarPadding, type TarMember } from './header.ts';

/** A member and its content. `member.size` may be left out when the content is in memory. */
export interface TarEntry {
  readonly member: TarMember;
  readonly body?: string | Uint8Array | AsyncIterable<Uint8Array>;
}

/**
 * An archive of `entries`, in their order, as a stream of chunks. A content that is longer or shorter than its
 * announced size throws InvalidArgument: what was sent until then is no archive.
 *
 * Example: Readable.from(writeTar([{ member: { name: 'a', type: 'file', mode: 0o644 }, body: 'hello' }]))
 */
export async function* writeTar(entries: Iterable<TarEntry> | AsyncIterable<TarEntry>): AsyncGenerator<Buffer> {
  for await (const { member, body } of entries) {
    if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) yield inMemory(member, body ?? '');
    else yield* streamed(member, body);
  }
  yield tarEnd;
}

function inMemory(member: TarMember, body: string | Uint8Array): Buffer {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const header = encodeHeader(member.type === 'file' ? { ...member, size: bytes.length } : member);
  return Buffer.concat([header, bytes, Buffer.alloc(tarPadding(bytes.length))]);
}

async function* streamed(member: TarMember, body: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const size = member.size ?? 0;
  let left = size;
  yield encodeHeader(member);
  for await (const chunk of body) {
    left -= chunk.length;
    if (left < 0) throw new InvalidArgument(`archive/tar: write too long: ${member.name}`);
    yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  }
  if (left > 0) throw new InvalidArgument(`archive/tar: missed writing ${left} bytes of ${member.name}`);
  if (tarPadding(size) > 0) yield Buffer.alloc(tarPadding(size));
}
