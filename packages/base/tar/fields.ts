/**
 * The fields of a header block: NUL-ended strings, octal numbers, and the base-256 numbers that star and GNU tar use
 * for what octal cannot hold.
 */
import { DataLoss } from '../errors.ts';
import { decodeName } from './bytes.ts';

/** What Go's archive/tar, and so Docker, says of a block that is no header. */
export function invalidHeader(why: string): DataLoss {
  return new DataLoss(`archive/tar: invalid tar header (${why})`);
}

/** A string field of at most `length` bytes, ended by NUL. */
export function readString(block: Buffer, offset: number, length: number): string {
  if (block[offset] === 0) return '';
  const end = block.indexOf(0, offset);
  return decodeName(block, offset, end < 0 || end > offset + length ? offset + length : end);
}

/** A numeric field: octal between spaces and NULs, or base-256 when the first bit is set. */
export function readNumber(block: Buffer, offset: number, length: number, field: string): number {
  const first = block[offset] ?? 0;
  return first & 0x80 ? readBase256(block, offset, length, field) : readOctal(block, offset, length, field);
}

/** An octal field; an empty one is 0. */
export function readOctal(block: Buffer, offset: number, length: number, field: string): number {
  const end = offset + length;
  let at = offset;
  while (at < end && (block[at] === 0x20 || block[at] === 0)) at++;
  let value = 0;
  for (; at < end; at++) {
    const digit = (block[at] ?? 0) - 0x30;
    if (digit < 0 || digit > 7) break;
    value = value * 8 + digit;
  }
  while (at < end && (block[at] === 0x20 || block[at] === 0)) at++;
  if (at < end) throw invalidHeader(`${field} is no octal number`);
  return value;
}

/** Two's complement, big-endian, the first bit being the marker. */
function readBase256(block: Buffer, offset: number, length: number, field: string): number {
  const negative = ((block[offset] ?? 0) & 0x40) !== 0;
  let value = 0n;
  for (let i = 0; i < length; i++) {
    const byte = block[offset + i] ?? 0;
    value = (value << 8n) | BigInt(i === 0 ? byte & 0x7f : byte);
  }
  if (negative) value -= 1n << BigInt(length * 8 - 1);
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw invalidHeader(`${field} is too large`);
  return number;
}

/** Writes `value` in octal, ended by NUL; false when it does not fit (the field is then all zeros). */
export function writeOctal(block: Buffer, offset: number, length: number, value: number): boolean {
  const digits = value.toString(8);
  const fits = value >= 0 && digits.length < length;
  block.write((fits ? digits : '').padStart(length - 1, '0'), offset, length - 1, 'latin1');
  return fits;
}

/** Header checksum: the sum of its bytes with the checksum field taken as spaces. Old tars summed signed bytes. */
export function checksums(block: Buffer): { unsigned: number; signed: number } {
  let unsigned = 8 * 0x20;
  let high = 0;
  for (let i = 0; i < 148; i++) {
    const byte = block[i] as number;
    unsigned += byte;
    high += byte >> 7;
  }
  for (let i = 156; i < 512; i++) {
    const byte = block[i] as number;
    unsigned += byte;
    high += byte >> 7;
  }
  return { unsigned, signed: unsigned - 256 * high };
}
