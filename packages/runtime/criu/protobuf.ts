/** Protocol Buffers' wire format, as far as CRIU's messages go: numbers, truth values, strings, messages in messages. Pure. */
import { InvalidArgument } from '#base';

/** By field number. Lists are repeated fields; what is undefined is left out. */
export interface ProtoFields {
  readonly [field: number]: ProtoValue | readonly ProtoValue[] | undefined;
}
export type ProtoValue = number | boolean | string | ProtoFields;

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

/** The message's bytes. Numbers are whole, from 0 to 2⁵³. */
export function encodeProto(fields: ProtoFields): Buffer {
  const parts = Object.entries(fields).flatMap(([field, value]) => (value === undefined ? [] : isList(value) ? value.map((one) => encodeField(Number(field), one)) : [encodeField(Number(field), value)]));
  return Buffer.concat(parts);
}

const isList = (value: ProtoValue | readonly ProtoValue[]): value is readonly ProtoValue[] => Array.isArray(value);

function encodeField(field: number, value: ProtoValue): Buffer {
  if (typeof value === 'number' || typeof value === 'boolean') return Buffer.concat([varint((field << 3) | VARINT), varint(Number(value))]);
  const bytes = typeof value === 'string' ? Buffer.from(value) : encodeProto(value);
  return Buffer.concat([varint((field << 3) | BYTES), varint(bytes.length), bytes]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = BigInt(value);
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]);
}

/** Fields of a message by number, the last of each: numbers as such, everything else as bytes. Throws InvalidArgument for what is none. */
export function decodeProto(bytes: Buffer): ReadonlyMap<number, number | Buffer> {
  const found = new Map<number, number | Buffer>();
  const reader = { bytes, at: 0 };
  while (reader.at < bytes.length) {
    const key = readVarint(reader);
    found.set(key >> 3, readValue(reader, key & 7));
  }
  return found;
}

/** The message with its fields as `change` gives them back: what it returns undefined for is left out, what it leaves alone stays byte for byte. Throws InvalidArgument. */
export function mapProto(bytes: Buffer, change: (field: number, value: number | Buffer) => Buffer | 'same' | undefined): Buffer {
  const parts: Buffer[] = [];
  const reader = { bytes, at: 0 };
  while (reader.at < bytes.length) {
    const begin = reader.at;
    const key = readVarint(reader);
    const changed = change(key >> 3, readValue(reader, key & 7));
    if (changed === 'same') parts.push(bytes.subarray(begin, reader.at));
    else if (changed) parts.push(varint(key), varint(changed.length), changed);
  }
  return Buffer.concat(parts);
}

interface Reader {
  readonly bytes: Buffer;
  at: number;
}

function readValue(reader: Reader, kind: number): number | Buffer {
  if (kind === VARINT) return readVarint(reader);
  const length = kind === BYTES ? readVarint(reader) : kind === FIXED64 ? 8 : kind === FIXED32 ? 4 : undefined;
  if (length === undefined || reader.at + length > reader.bytes.length) throw new InvalidArgument('a message of CRIU is broken');
  return reader.bytes.subarray(reader.at, (reader.at += length));
}

function readVarint(reader: Reader): number {
  let value = 0n;
  for (let shift = 0n; shift < 70n; shift += 7n) {
    const byte = reader.bytes[reader.at++];
    if (byte === undefined) break;
    value |= BigInt(byte & 127) << shift;
    if (byte < 128) return Number(BigInt.asIntN(64, value));
  }
  throw new InvalidArgument('a message of CRIU is broken');
}
