/**
 * What one member of a tar archive says of itself, whatever dialect wrote it (ustar, PAX, GNU; POSIX pax, "Interchange
 * Format"). Sizes in bytes, ids and modes as numbers.
 *
 * Names are bytes on Linux and strings here: bytes that are no UTF-8 are carried as lone surrogates (see bytes.ts), so
 * that they come back unchanged.
 */
export type TarType = 'file' | 'hardlink' | 'symlink' | 'char' | 'block' | 'directory' | 'fifo';

export interface TarHeader {
  /** As the archive has it: not cleaned, possibly absolute or with `..`. Directories usually end in a slash. */
  readonly name: string;
  readonly type: TarType;
  /** Permission bits with set-id and sticky, 0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Length of the content; a sparse file's with its holes. 0 for everything but files. */
  readonly size: number;
  /** Whole seconds since the epoch, rounded down. */
  readonly mtime: number;
  /** 0 … 999,999,999, added to `mtime`. */
  readonly mtimeNanoseconds: number;
  /** Target of a link, '' otherwise. */
  readonly linkname: string;
  readonly uname: string;
  readonly gname: string;
  readonly devmajor: number;
  readonly devminor: number;
  /** Extended attributes with their binary values (PAX `SCHILY.xattr.*`); undefined when there are none. */
  readonly xattrs: ReadonlyMap<string, Uint8Array> | undefined;
}

/** A header with what nobody cares about left out: for writing. */
export type TarMember = Pick<TarHeader, 'name' | 'type'> & Partial<Omit<TarHeader, 'name' | 'type'>>;

/** Every archive is made of these. Bytes. */
export const tarBlock = 512;

/** Bytes of zeros that follow a content of `size` bytes. */
export function tarPadding(size: number): number {
  return (tarBlock - (size % tarBlock)) % tarBlock;
}
