/**
 * Decompression as bytes arrive: gzip by ISA-L where Debian's libisal2 is installed (2.3 times as fast), by zlib where
 * not; zstd by zlib's sibling in Node. Meant for worker threads: output may block for room.
 *
 * Concatenated gzip members are one stream (RFC 1952, 2.2). Padding after the last one is ignored. Every
 * implementation passes the suite in `contract.ts`.
 */

/** Where the output goes: a stretch of memory at a time (a RingWriter is one). */
export interface InflateOutput {
  /** A free stretch, at least one byte long. */
  reserve(): Buffer;
  /** `count` bytes of it are filled. */
  commit(count: number): void;
}

export interface Inflater {
  /** Takes the next compressed bytes, of any length. Throws DataLoss for a bad header, block or checksum. */
  write(input: Buffer): Promise<void> | void;
  /** No more bytes come. Throws DataLoss ("unexpected EOF") when the stream is cut short. */
  end(): Promise<void> | void;
}

/** gzip as Go's compress/gzip, and so Docker, names its faults. */
export const faults = {
  header: 'gzip: invalid header',
  checksum: 'gzip: invalid checksum',
  corrupt: 'flate: corrupt input',
  short: 'unexpected EOF',
} as const;
