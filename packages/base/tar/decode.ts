/**
 * From a header block and the extensions before it to a TarHeader.
 *
 * Block layout: name 0-99, mode 100, uid 108, gid 116, size 124, mtime 136, checksum 148, type 156, link 157-256,
 * magic 257, uname 265, gname 297, devmajor 329, devminor 337, then ustar's prefix 345-499 (star's: 345-475), or GNU's
 * sparse map 386-481 and real size 483.
 */
import { InvalidArgument } from '../errors.ts';
import { decodeName } from './bytes.ts';
import { checksums, invalidHeader, readNumber, readOctal, readString } from './fields.ts';
import type { TarHeader, TarType } from './header.ts';
import { parsePaxNumber, parsePaxTime, xattrPrefix, type PaxRecord } from './pax.ts';
import { readPaxSparse } from './sparse.ts';

/** The block's own fields; `size` is what the archive holds. */
export interface RawHeader {
  readonly name: string;
  readonly flag: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly mtime: number;
  readonly linkname: string;
  readonly uname: string;
  readonly gname: string;
  readonly devmajor: number;
  readonly devminor: number;
  /** Old GNU sparse: the file's length, holes included. */
  readonly oldRealSize: number;
  readonly realSize?: number;
}

const types: Readonly<Record<string, TarType>> = {
  '0': 'file', '\0': 'file', '7': 'file', S: 'file', '1': 'hardlink', '2': 'symlink', '3': 'char', '4': 'block', '5': 'directory', '6': 'fifo',
};

/** Reads a block that is not zero; throws DataLoss when its checksum or a number is wrong. */
export function readBlock(block: Buffer): RawHeader {
  const { unsigned, signed } = checksums(block);
  const sum = readOctal(block, 148, 8, 'checksum');
  if (sum !== unsigned && sum !== signed) throw invalidHeader('checksum differs');
  const dialect = dialectOf(block);
  const flag = String.fromCharCode(block[156] ?? 0);
  const size = readNumber(block, 124, 12, 'size');
  if (size < 0) throw invalidHeader('negative size');
  const known = dialect !== 'v7';
  return {
    name: nameOf(block, dialect),
    flag,
    mode: readNumber(block, 100, 8, 'mode') & 0o7777,
    uid: readNumber(block, 108, 8, 'uid'),
    gid: readNumber(block, 116, 8, 'gid'),
    size,
    mtime: readNumber(block, 136, 12, 'mtime'),
    linkname: readString(block, 157, 100),
    uname: known ? readString(block, 265, 32) : '',
    gname: known ? readString(block, 297, 32) : '',
    devmajor: known && isDevice(flag) ? readNumber(block, 329, 8, 'devmajor') : 0,
    devminor: known && isDevice(flag) ? readNumber(block, 337, 8, 'devminor') : 0,
    oldRealSize: flag === 'S' ? readNumber(block, 483, 12, 'real size') : 0,
  };
}

/** Puts block and extensions together. `archived` is how many bytes of content follow in the archive. */
export function assembleHeader(raw: RawHeader, records: readonly PaxRecord[], longName: string | undefined, longLink: string | undefined): { header: TarHeader; archived: number } {
  const named: Mutable<TarHeader> = { ...base(raw), name: longName ?? raw.name, linkname: longLink ?? raw.linkname };
  let archived = raw.size;
  for (const [key, value] of records) {
    if (key === 'size') archived = parsePaxNumber(value.toString('latin1'), key);
    else applyRecord(named, key, value);
  }
  const type = typeOf(raw, named.name);
  const sparse = type === 'file' && records.length > 0 ? readPaxSparse(records) : undefined;
  if (sparse?.name !== undefined) named.name = sparse.name;
  if (type !== 'file') archived = 0;
  const header: TarHeader = { ...named, type, size: type === 'file' ? (raw.realSize ?? sparse?.realSize ?? archived) : 0 };
  return { header, archived };
}

export function isZeroBlock(block: Buffer): boolean {
  if (block[0] !== 0) return false;
  for (let i = 0; i < 512; i++) if (block[i] !== 0) return false;
  return true;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function base(raw: RawHeader): Omit<TarHeader, 'name' | 'linkname'> {
  const { mode, uid, gid, size, mtime, uname, gname, devmajor, devminor } = raw;
  return { type: 'file', mode, uid, gid, size, mtime, mtimeNanoseconds: 0, uname, gname, devmajor, devminor, xattrs: undefined };
}

/** An empty value takes the record back, so that the block's own field holds. */
function applyRecord(header: Mutable<TarHeader>, key: string, value: Buffer): void {
  if (key.startsWith(xattrPrefix)) {
    header.xattrs = new Map([...(header.xattrs ?? []), [key.slice(xattrPrefix.length), value]]);
  } else if (value.length > 0) {
    applyField(header, key, value);
  }
}

function applyField(header: Mutable<TarHeader>, key: string, value: Buffer): void {
  switch (key) {
    case 'path': header.name = decodeName(value); break;
    case 'linkpath': header.linkname = decodeName(value); break;
    case 'uname': header.uname = decodeName(value); break;
    case 'gname': header.gname = decodeName(value); break;
    case 'uid': header.uid = parsePaxNumber(value.toString('latin1'), key); break;
    case 'gid': header.gid = parsePaxNumber(value.toString('latin1'), key); break;
    case 'mtime': {
      const { seconds, nanoseconds } = parsePaxTime(value.toString('latin1'));
      header.mtime = seconds;
      header.mtimeNanoseconds = nanoseconds;
      break;
    }
    default: // Comments, atime, vendors' keys: nothing here uses them.
  }
}

function typeOf(raw: RawHeader, name: string): TarType {
  const type = types[raw.flag];
  if (!type) throw new InvalidArgument(`unhandled tar header type ${raw.flag.charCodeAt(0)}`);
  return type === 'file' && name.endsWith('/') && raw.flag !== 'S' ? 'directory' : type;
}

type Dialect = 'v7' | 'ustar' | 'star' | 'gnu';

function dialectOf(block: Buffer): Dialect {
  const magic = block.toString('latin1', 257, 265);
  if (magic === 'ustar  \0') return 'gnu';
  if (!magic.startsWith('ustar\0')) return 'v7';
  return block.toString('latin1', 508, 512) === 'tar\0' ? 'star' : 'ustar';
}

function nameOf(block: Buffer, dialect: Dialect): string {
  const name = readString(block, 0, 100);
  if (dialect !== 'ustar' && dialect !== 'star') return name;
  const prefix = readString(block, 345, dialect === 'star' ? 131 : 155);
  return prefix ? `${prefix}/${name}` : name;
}

function isDevice(flag: string): boolean {
  return flag === '3' || flag === '4';
}
