import { isIPv4, isIPv6 } from 'node:net';
import { InvalidArgument } from './errors.ts';

/** An IP address as a number, with the family that gives the number its width. */
export interface Ip {
  readonly family: 4 | 6;
  readonly value: bigint;
}

/** A block of addresses; `base` is its first one, host bits cleared. */
export interface Cidr {
  readonly family: 4 | 6;
  readonly base: bigint;
  readonly prefix: number;
}

/** Parses `192.0.2.1` or `2001:db8::1` (no zone, no prefix); undefined for anything else. */
export function parseIp(text: string): Ip | undefined {
  if (isIPv4(text)) return { family: 4, value: fromBytes(text.split('.').map(Number)) };
  if (isIPv6(text) && !text.includes('%')) return { family: 6, value: fromBytes(bytesOfIPv6(text)) };
  return undefined;
}

/** The canonical text: dotted quad, or RFC 5952 for IPv6. */
export function formatIp({ family, value }: Ip): string {
  const bytes = ipBytes({ family, value });
  if (family === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0));
  return compress(groups);
}

/** Network byte order, 4 or 16 bytes. */
export function ipBytes({ family, value }: Ip): Uint8Array {
  const bytes = new Uint8Array(widthOf(family) / 8);
  let rest = value;
  for (let i = bytes.length - 1; i >= 0; i--) {
    bytes[i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return bytes;
}

/** The inverse of `ipBytes`; throws InvalidArgument unless there are 4 or 16 bytes. */
export function ipFromBytes(bytes: Uint8Array): Ip {
  if (bytes.length !== 4 && bytes.length !== 16) throw new InvalidArgument(`an IP address has 4 or 16 bytes, not ${bytes.length}`);
  return { family: bytes.length === 4 ? 4 : 6, value: fromBytes(bytes) };
}

/** Parses `10.0.0.0/8`; host bits are dropped. undefined when it is no CIDR block. */
export function parseCidr(text: string): Cidr | undefined {
  const slash = text.indexOf('/');
  const ip = slash < 0 ? undefined : parseIp(text.slice(0, slash));
  const digits = text.slice(slash + 1);
  const prefix = /^(?:0|[1-9]\d{0,2})$/.test(digits) ? Number(digits) : NaN;
  if (!ip || !(prefix <= widthOf(ip.family))) return undefined;
  const size = sizeOf({ family: ip.family, prefix });
  return { family: ip.family, base: ip.value - (ip.value % size), prefix };
}

export function formatCidr({ family, base, prefix }: Cidr): string {
  return `${formatIp({ family, value: base })}/${prefix}`;
}

/** How many addresses the block holds. */
export function sizeOf({ family, prefix }: Pick<Cidr, 'family' | 'prefix'>): bigint {
  return 1n << BigInt(widthOf(family) - prefix);
}

/** True when the address or the whole block `inner` lies in `outer`. */
export function contains(outer: Cidr, inner: Ip | Cidr): boolean {
  if (outer.family !== inner.family) return false;
  const first = 'base' in inner ? inner.base : inner.value;
  const last = 'base' in inner ? first + sizeOf(inner) - 1n : first;
  return first >= outer.base && last < outer.base + sizeOf(outer);
}

/** True when the blocks share an address. */
export function overlaps(a: Cidr, b: Cidr): boolean {
  return contains(a, b) || contains(b, a);
}

function widthOf(family: 4 | 6): number {
  return family === 4 ? 32 : 128;
}

function fromBytes(bytes: Iterable<number>): bigint {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return value;
}

function bytesOfIPv6(text: string): number[] {
  const [head = '', tail] = text.split('::');
  const left = groupsOf(head);
  const right = tail === undefined ? [] : groupsOf(tail);
  const zeros = tail === undefined ? [] : Array.from({ length: 16 - left.length - right.length }, () => 0);
  return [...left, ...zeros, ...right];
}

/** Bytes of colon-separated groups, the last of which may be a dotted quad. */
function groupsOf(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (group.includes('.')) return group.split('.').map(Number);
    const value = parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}

/** Replaces the first longest run of two or more zero groups by `::`. */
function compress(groups: readonly number[]): string {
  let start = -1;
  let length = 1;
  for (let i = 0; i < groups.length; i++) {
    let end = i;
    while (groups[end] === 0) end++;
    if (end - i > length) [start, length] = [i, end - i];
  }
  const hex = groups.map((group) => group.toString(16));
  if (start < 0) return hex.join(':');
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + length).join(':')}`;
}
