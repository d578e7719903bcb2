/**
 * gzip compression by members (RFC 1952, 2.2): each stretch of input becomes a member of its own, and the members
 * together are one gzip file. Stretches can so be compressed side by side; a mebibyte each costs a thousandth in size.
 *
 * Debian's libisal2 does it about ten times as fast as zlib at the same ratio; zlib takes its place where it is not
 * installed. Meant for worker threads: ISA-L works on the calling one.
 */
export interface Deflater {
  /** Members that may be under way at once; more gains nothing. */
  readonly parallel: number;
  /** Compresses up to 1 GiB into one member, which says neither time nor name. */
  member(input: Buffer): Promise<Buffer>;
}
