/**
 * Header blocks for writing: ustar where everything fits, preceded by a PAX record block for what does not. This is
 * how Go's archive/tar writes, so that layers made here look like layers made by Docker.
 */
import { InvalidArgument } from '../errors.ts';
import { withoutEnd } from '../without-end.ts';
import { encodeName } from './bytes.ts';
import { checksums, writeOctal } from './fields.ts';
import { tarBlock, tarPadding, type TarMember, type TarType } from './header.ts';
import { formatPax, formatPaxTime, xattrPrefix } from './pax.ts';

const flags: Readonly<Record<TarType, string>> = { file: '0', hardlink: '1', symlink: '2', char: '3', block: '4', directory: '5', fifo: '6' };

/** The two zero blocks that end an archive. */
export const tarEnd = Buffer.alloc(2 * tarBlock);

/**
 * The block or blocks before a member's content. Throws InvalidArgument for a name with NUL and for a content on a
 * member that has none.
 */
export function encodeHeader(member: TarMember): Buffer {
  checkMember(member);
  const block = Buffer.alloc(tarBlock);
  const records = fill(block, member);
  for (const [key, value] of member.xattrs ?? []) records.push([xattrPrefix + key, value]);
  seal(block);
  return records.length > 0 ? Buffer.concat([encodePax(member.name, records), block]) : block;
}

type Records = [key: string, value: string | Uint8Array][];

function checkMember(member: TarMember): void {
  if (member.name === '' || member.name.includes('\0') || member.linkname?.includes('\0')) throw new InvalidArgument(`archive/tar: name ${JSON.stringify(member.name)} cannot be written`);
  if (member.type !== 'file' && member.size) throw new InvalidArgument(`archive/tar: ${member.name} is no file and has a content`);
}

/** Writes every field; returns the records for those that did not fit. */
function fill(block: Buffer, member: TarMember): Records {
  const records: Records = [];
  const number = (offset: number, length: number, value: number, key: string) => {
    if (!writeOctal(block, offset, length, value)) records.push([key, String(value)]);
  };
  writePath(block, member.name, records);
  writeText(block, 157, 100, member.linkname ?? '', 'linkpath', records);
  writeOctal(block, 100, 8, (member.mode ?? 0) & 0o7777);
  number(108, 8, member.uid ?? 0, 'uid');
  number(116, 8, member.gid ?? 0, 'gid');
  number(124, 12, member.size ?? 0, 'size');
  const seconds = member.mtime ?? 0;
  const fits = writeOctal(block, 136, 12, seconds);
  if (!fits || member.mtimeNanoseconds) records.push(['mtime', formatPaxTime(seconds, member.mtimeNanoseconds ?? 0)]);
  block.write(flags[member.type], 156, 'latin1');
  block.write('ustar\x0000', 257, 'latin1');
  writeText(block, 265, 32, member.uname ?? '', 'uname', records);
  writeText(block, 297, 32, member.gname ?? '', 'gname', records);
  if (member.type === 'char' || member.type === 'block') {
    const fitting = writeOctal(block, 329, 8, member.devmajor ?? 0) && writeOctal(block, 337, 8, member.devminor ?? 0);
    if (!fitting) throw new InvalidArgument(`archive/tar: device number of ${member.name} is too large`);
  }
  return records;
}

/** Short ASCII names stand in the block, split at a slash when that helps; others go into a record. */
function writePath(block: Buffer, name: string, records: Records): void {
  if (name.length <= 100 || !isAscii(name)) return writeText(block, 0, 100, name, 'path', records);
  const slash = name.lastIndexOf('/', Math.min(155, name.length - 2));
  if (slash > 0 && name.length - slash - 1 <= 100) {
    block.write(name.slice(slash + 1), 0, 'latin1');
    block.write(name.slice(0, slash), 345, 'latin1');
  } else {
    writeText(block, 0, 100, name, 'path', records);
  }
}

function writeText(block: Buffer, offset: number, length: number, text: string, key: string, records: Records): void {
  const ascii = isAscii(text);
  if (ascii && text.length <= length) {
    block.write(text, offset, 'latin1');
    return;
  }
  records.push([key, text]);
  block.write(toAscii(text).slice(0, length), offset, 'latin1');
}

/** The PAX member: its own header block, the records in the order of their keys, padding. */
function encodePax(name: string, records: Records): Buffer {
  const body = Buffer.concat(records.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => formatPax(key, value)));
  const block = Buffer.alloc(tarBlock);
  block.write(paxName(name), 0, 100, 'latin1');
  writeOctal(block, 100, 8, 0);
  writeOctal(block, 108, 8, 0);
  writeOctal(block, 116, 8, 0);
  writeOctal(block, 124, 12, body.length);
  writeOctal(block, 136, 12, 0);
  block.write('x', 156, 'latin1');
  block.write('ustar\x0000', 257, 'latin1');
  seal(block);
  return Buffer.concat([block, body, Buffer.alloc(tarPadding(body.length))]);
}

/** `a/b/` is described by `a/PaxHeaders.0/b`. */
function paxName(name: string): string {
  const plain = withoutEnd(toAscii(name), (character) => character === '/');
  const slash = plain.lastIndexOf('/');
  return `${plain.slice(0, slash + 1)}PaxHeaders.0/${plain.slice(slash + 1)}`.slice(0, 100);
}

function seal(block: Buffer): void {
  block.write(`${checksums(block).unsigned.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}

function toAscii(text: string): string {
  return isAscii(text) ? text : [...encodeName(text)].filter((byte) => byte < 0x80).map((byte) => String.fromCharCode(byte)).join('');
}
