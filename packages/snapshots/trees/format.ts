export type Compression = 'gzip' | 'zstd' | 'bzip2' | 'xz';

const magics: readonly (readonly [string, Compression])[] = [['1f8b', 'gzip'], ['28b52ffd', 'zstd'], ['425a68', 'bzip2'], ['fd377a585a00', 'xz']];

/** How bytes are compressed, by the magic number they begin with, as Docker finds it; undefined for none. */
export function formatOf(head: Uint8Array): Compression | undefined {
  const hex = Buffer.from(head.subarray(0, 6)).toString('hex');
  return magics.find(([magic]) => hex.startsWith(magic))?.[1];
}
