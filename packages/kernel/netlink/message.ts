/**
 * The netlink wire format (linux/netlink.h), host byte order:
 *
 *   0        4      6      8        12       16
 *   | length | type | flags | sequence | port | body … | attribute | attribute | …
 *
 *   attribute:  | length u16 | type u16 | value … | padding to 4 |
 *
 * Everything here is pure: bytes in, bytes out.
 */
import { endianness } from 'node:os';

const little = endianness() === 'LE';

/** One request, ready but for its sequence number. `about` names its object in the error of a refusal. */
export interface NetlinkRequest {
  readonly type: number;
  /** NLM_F_*; REQUEST and ACK are added when it is sent. */
  readonly flags: number;
  /** Family header and attributes. */
  readonly body: Uint8Array;
  readonly about: string;
}

/** One message as it came from the kernel. */
export interface NetlinkMessage {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  readonly body: Buffer;
}

export const NLA_F_NESTED = 0x8000;
export const NLM_F = { REQUEST: 1, MULTI: 2, ACK: 4, ECHO: 8, ROOT: 0x100, MATCH: 0x200, DUMP: 0x300, REPLACE: 0x100, EXCL: 0x200, CREATE: 0x400, APPEND: 0x800, CAPPED: 0x100, ACK_TLVS: 0x200 } as const;
export const NLMSG = { ERROR: 2, DONE: 3 } as const;

const HEADER = 16;
const NLA_TYPE_MASK = 0x3fff;

/** The bytes of a request; `flags` are joined to its own. */
export function encode(request: NetlinkRequest, sequence: number, flags: number): Buffer {
  const length = HEADER + request.body.length;
  const bytes = Buffer.alloc(align(length));
  writeU32(bytes, length, 0);
  writeU16(bytes, request.type, 4);
  writeU16(bytes, request.flags | flags, 6);
  writeU32(bytes, sequence, 8);
  bytes.set(request.body, HEADER);
  return bytes;
}

/** Splits what one recv(2) returned into messages; a truncated tail is dropped, as the kernel's own macros do. */
export function decode(bytes: Buffer): NetlinkMessage[] {
  const messages: NetlinkMessage[] = [];
  for (let at = 0; at + HEADER <= bytes.length; ) {
    const length = readU32(bytes, at);
    if (length < HEADER || at + length > bytes.length) break;
    messages.push({ type: readU16(bytes, at + 4), flags: readU16(bytes, at + 6), sequence: readU32(bytes, at + 8), body: bytes.subarray(at + HEADER, at + length) });
    at += align(length);
  }
  return messages;
}

/** One attribute, padded. */
export function attribute(type: number, value: Uint8Array): Buffer {
  const bytes = Buffer.alloc(4 + align(value.length));
  writeAttributeHeader(bytes, 0, type, value.length);
  bytes.set(value, 4);
  return bytes;
}

/** For those who fill a buffer of their own: the four bytes before a value of that length. */
export function writeAttributeHeader(bytes: Buffer, at: number, type: number, length: number): void {
  writeU16(bytes, 4 + length, at);
  writeU16(bytes, type, at + 2);
}

/** An attribute whose value is other attributes. */
export function nested(type: number, ...inner: Uint8Array[]): Buffer {
  return attribute(type | NLA_F_NESTED, Buffer.concat(inner));
}

/** The attributes that start `offset` bytes into a body, by type; of a repeated one the last. */
export function attributesOf(body: Buffer, offset: number): Map<number, Buffer> {
  const found = new Map<number, Buffer>();
  for (let at = offset; at + 4 <= body.length; ) {
    const length = readU16(body, at);
    if (length < 4 || at + length > body.length) break;
    found.set(readU16(body, at + 2) & NLA_TYPE_MASK, body.subarray(at + 4, at + length));
    at += align(length);
  }
  return found;
}

export function u8(value: number): Uint8Array {
  return Uint8Array.of(value);
}

export function u16(value: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(2);
  writeU16(bytes, value, 0);
  return bytes;
}

export function u32(value: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(4);
  writeU32(bytes, value, 0);
  return bytes;
}

/** A string with its closing NUL. */
export function text(value: string): Uint8Array {
  return Buffer.from(`${value}\0`);
}

export function readU16(bytes: Buffer, at: number): number {
  return little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at);
}

export function readU32(bytes: Buffer, at: number): number {
  return little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
}

/** A NUL-terminated string, or '' when the attribute is absent. */
export function readText(bytes: Buffer | undefined): string {
  if (!bytes) return '';
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end < 0 ? bytes.length : end);
}

function writeU16(bytes: Buffer, value: number, at: number): void {
  if (little) bytes.writeUInt16LE(value, at);
  else bytes.writeUInt16BE(value, at);
}

function writeU32(bytes: Buffer, value: number, at: number): void {
  if (little) bytes.writeUInt32LE(value, at);
  else bytes.writeUInt32BE(value, at);
}

export function align(length: number): number {
  return (length + 3) & ~3;
}
