/**
 * D-Bus messages (D-Bus Specification, "Type System" and "Message Protocol"): values to bytes and back, little-endian.
 *
 *   l | type | flags | 1 | body length u32 | serial u32 | header fields a(yv) | padding to 8 | body
 *
 * Every value is aligned to its own size, counted from the message's beginning.
 */
import { InvalidArgument } from '#base';

/** Numbers that fit a double come as numbers, 64 bits as bigints, structs and arrays as arrays. */
export type DbusValue = string | number | bigint | boolean | Variant | readonly DbusValue[];

export interface Variant {
  readonly signature: string;
  readonly value: DbusValue;
}

export const MessageType = { call: 1, result: 2, error: 3, signal: 4 } as const;

/** Header fields, by the specification's numbers. */
const fields = { path: [1, 'o'], interface: [2, 's'], member: [3, 's'], errorName: [4, 's'], replySerial: [5, 'u'], destination: [6, 's'], sender: [7, 's'], signature: [8, 'g'] } as const;
type FieldName = keyof typeof fields;

export interface Message {
  readonly type: number;
  readonly serial: number;
  readonly fields: Readonly<Partial<Record<FieldName, string | number>>>;
  readonly body: readonly DbusValue[];
}

const LITTLE = 0x6c;
const VERSION = 1;
const FIXED = 16;
/** "The maximum length of a message", by far more than systemd says. */
const MOST = 1 << 24;

export function encodeMessage({ type, serial, fields: given, body }: Message): Buffer {
  const content = new Writer();
  const signature = typeof given.signature === 'string' ? given.signature : '';
  for (const [index, one] of typesOf(signature).entries()) content.put(one, body[index] ?? '');
  const head = new Writer();
  for (const byte of [LITTLE, type, 0, VERSION]) head.put('y', byte);
  head.put('u', content.bytes.length);
  head.put('u', serial);
  head.put('a(yv)', Object.entries(given).map(([name, value]) => [fields[name as FieldName][0], { signature: fields[name as FieldName][1], value }]));
  head.align(8);
  return Buffer.concat([head.bytes, content.bytes]);
}

/** The first message in `bytes` and how long it is; undefined when more has to come. Throws InvalidArgument for what is none. */
export function decodeMessage(bytes: Buffer): { message: Message; length: number } | undefined {
  if (bytes.length < FIXED) return undefined;
  if (bytes[0] !== LITTLE) throw new InvalidArgument('D-Bus: not a little-endian message');
  const bodyLength = bytes.readUInt32LE(4);
  const start = padded(FIXED + bytes.readUInt32LE(12), 8);
  if (start + bodyLength > MOST) throw new InvalidArgument('D-Bus: a message that is too long');
  if (bytes.length < start + bodyLength) return undefined;
  const names = new Map(Object.entries(fields).map(([name, [code]]) => [code as number, name]));
  const pairs = new Reader(bytes, 12).take('a(yv)') as [number, Variant][];
  const found = Object.fromEntries(pairs.map(([code, { value }]) => [names.get(code) ?? code, value])) as Message['fields'];
  const content = bytes.subarray(start, start + bodyLength);
  return { message: { type: bytes[1] ?? 0, serial: bytes.readUInt32LE(8), fields: found, get body() { return decodeBody(content, found.signature); } }, length: start + bodyLength };
}

/** Only when somebody looks: signals that nobody waits for have types that nobody here need know. */
function decodeBody(content: Buffer, signature: string | number = ''): DbusValue[] {
  const reader = new Reader(content, 0);
  return typesOf(String(signature)).map((type) => reader.take(type));
}

const padded = (at: number, size: number): number => Math.ceil(at / size) * size;
const sizes: Readonly<Record<string, number>> = { y: 1, g: 1, v: 1, n: 2, q: 2, b: 4, i: 4, u: 4, s: 4, o: 4, a: 4, x: 8, t: 8, d: 8, '(': 8, '{': 8 };

/** The complete types of a signature: `sa(sv)` is `s` and `a(sv)`. */
function typesOf(signature: string): string[] {
  const types: string[] = [];
  for (let at = 0; at < signature.length; ) {
    const end = endOf(signature, at);
    types.push(signature.slice(at, end));
    at = end;
  }
  return types;
}

function endOf(signature: string, at: number): number {
  const first = signature[at] ?? '';
  if (first === 'a') return endOf(signature, at + 1);
  if (first !== '(' && first !== '{') return at + 1;
  let end = at + 1;
  while (end < signature.length && !')}'.includes(signature[end] ?? '')) end = endOf(signature, end);
  return end + 1;
}

class Writer {
  #parts: Buffer[] = [];
  #length = 0;

  get bytes(): Buffer {
    return Buffer.concat(this.#parts);
  }

  align(size: number): void {
    this.#add(Buffer.alloc(padded(this.#length, size) - this.#length));
  }

  put(type: string, value: DbusValue): void {
    this.align(sizes[type[0] ?? ''] ?? 1);
    switch (type[0]) {
      case 'y': return this.#add(Buffer.from([Number(value)]));
      case 'b': return this.#number(4, BigInt(Boolean(value)));
      case 'i': return this.#number(4, BigInt.asUintN(32, BigInt(value as number)));
      case 'u': return this.#number(4, BigInt(value as number));
      case 'x': return this.#number(8, BigInt.asUintN(64, BigInt(value as number)));
      case 't': return this.#number(8, BigInt(value as number));
      case 's': case 'o': return this.#text(String(value), 4);
      case 'g': return this.#text(String(value), 1);
      case 'v': return this.#variant(value as Variant);
      case 'a': return this.#array(type.slice(1), value as readonly DbusValue[]);
      case '(': return typesOf(type.slice(1, -1)).forEach((one, index) => this.put(one, (value as readonly DbusValue[])[index] ?? ''));
      default: throw new InvalidArgument(`D-Bus: type ${type} is not supported`);
    }
  }

  #add(bytes: Buffer): void {
    this.#parts.push(bytes);
    this.#length += bytes.length;
  }

  #number(size: 1 | 4 | 8, value: bigint): void {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(value);
    this.#add(bytes.subarray(0, size));
  }

  #text(text: string, size: 1 | 4): void {
    this.#number(size, BigInt(Buffer.byteLength(text)));
    this.#add(Buffer.from(`${text}\0`));
  }

  #variant({ signature, value }: Variant): void {
    this.#text(signature, 1);
    this.put(signature, value);
  }

  /** Its length counts from the first element, not from the padding before. */
  #array(type: string, values: readonly DbusValue[]): void {
    const length = Buffer.alloc(4);
    this.#add(length);
    this.align(sizes[type[0] ?? ''] ?? 1);
    const start = this.#length;
    for (const value of values) this.put(type, value);
    length.writeUInt32LE(this.#length - start);
  }
}

class Reader {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  take(type: string): DbusValue {
    const size = sizes[type[0] ?? ''] ?? 1;
    this.#at = padded(this.#at, size);
    switch (type[0]) {
      case 'y': return this.#bytes.readUInt8(this.#step(1));
      case 'b': return this.#bytes.readUInt32LE(this.#step(4)) !== 0;
      case 'i': return this.#bytes.readInt32LE(this.#step(4));
      case 'u': return this.#bytes.readUInt32LE(this.#step(4));
      case 'x': return this.#bytes.readBigInt64LE(this.#step(8));
      case 't': return this.#bytes.readBigUInt64LE(this.#step(8));
      case 's': case 'o': return this.#text(this.#bytes.readUInt32LE(this.#step(4)));
      case 'g': return this.#text(this.#bytes.readUInt8(this.#step(1)));
      case 'v': return this.#variant();
      case 'a': return this.#array(type.slice(1));
      case '(': return typesOf(type.slice(1, -1)).map((one) => this.take(one));
      default: throw new InvalidArgument(`D-Bus: type ${type} is not supported`);
    }
  }

  #step(size: number): number {
    this.#at += size;
    return this.#at - size;
  }

  #text(length: number): string {
    const start = this.#step(length + 1);
    return this.#bytes.toString('utf8', start, start + length);
  }

  #variant(): Variant {
    const signature = String(this.take('g'));
    return { signature, value: this.take(signature) };
  }

  #array(type: string): DbusValue[] {
    const length = this.#bytes.readUInt32LE(this.#step(4));
    this.#at = padded(this.#at, sizes[type[0] ?? ''] ?? 1);
    const end = this.#at + length;
    const values: DbusValue[] = [];
    while (this.#at < end) values.push(this.take(type));
    return values;
  }
}
