/** A build context, and those that come as an archive or as one Dockerfile. */
import { writeTar } from '#base';

/** A context: its archive, which may be asked for once, and the Dockerfile's path in it. */
export interface BuildContext extends AsyncDisposable {
  readonly dockerfile: string;
  archive(): AsyncIterable<Uint8Array>;
}

/** An archive with one Dockerfile. */
export function dockerfileAlone(text: Buffer): AsyncIterable<Uint8Array> {
  return writeTar([{ member: { name: 'Dockerfile', type: 'file', mode: 0o644 }, body: text }]);
}

/** How many bytes `isArchive` looks at. */
export const archiveMagicEnd = 262;

/** True for the beginning of a tar archive, plain or packed by gzip, bzip2, xz or zstd. */
export function isArchive(head: Buffer): boolean {
  const starts = (...bytes: number[]): boolean => head.subarray(0, bytes.length).equals(Buffer.from(bytes));
  return starts(0x1f, 0x8b, 0x08) || starts(0x42, 0x5a, 0x68) || starts(0xfd, 0x37, 0x7a, 0x58, 0x5a) || starts(0x28, 0xb5, 0x2f, 0xfd) || head.subarray(257, archiveMagicEnd).toString() === 'ustar';
}

/** A context that leaves nothing behind. */
export function plainContext(dockerfile: string, archive: () => AsyncIterable<Uint8Array>): BuildContext {
  return { dockerfile, archive, [Symbol.asyncDispose]: async () => {} };
}

/** The archive through gzip, for `--compress`; the engine tells by the first bytes. */
export function compressed(archive: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const { Readable } = process.getBuiltinModule('node:stream'); // loaded by few builds
  return Readable.from(archive).pipe(process.getBuiltinModule('node:zlib').createGzip());
}
