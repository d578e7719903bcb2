/** As much of MessagePack (msgpack.org, spec.md) as the forward protocol needs. */

export type Packable = string | number | Uint8Array | readonly Packable[] | ReadonlyMap<string, Packable>;

/** Strings in UTF-8, whole non-negative numbers, byte strings that are packed already, arrays, maps. */
export function pack(value: Packable): Buffer {
  if (typeof value === 'string') return packText(value);
  if (typeof value === 'number') return packNumber(value);
  if (value instanceof Uint8Array) return Buffer.from(value);
  if (value instanceof Map) return Buffer.concat([header(value.size, 0x80, 16, 0xde), ...[...value].flatMap(([key, item]) => [pack(key), pack(item)])]);
  const list = value as readonly Packable[];
  return Buffer.concat([header(list.length, 0x90, 16, 0xdc), ...list.map(pack)]);
}

/** Fluentd's EventTime, extension type 0: seconds and nanoseconds, 32 bits each. */
export function packEventTime(nanoseconds: bigint): Buffer {
  const bytes = Buffer.from([0xd7, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  bytes.writeUInt32BE(Number(nanoseconds / 1_000_000_000n), 2);
  bytes.writeUInt32BE(Number(nanoseconds % 1_000_000_000n), 6);
  return bytes;
}

function packText(text: string): Buffer {
  const bytes = Buffer.from(text);
  if (bytes.length < 32) return Buffer.concat([Buffer.of(0xa0 | bytes.length), bytes]);
  return Buffer.concat([sized(bytes.length, [0xd9, 0xda, 0xdb]), bytes]);
}

function packNumber(number: number): Buffer {
  if (number < 128) return Buffer.of(number);
  return sized(number, [0xcc, 0xcd, 0xce]);
}

/** A mark and the number behind it in as few bytes as hold it. */
function sized(number: number, [one, two, four]: readonly [number, number, number]): Buffer {
  if (number < 0x100) return Buffer.of(one, number);
  if (number < 0x1_0000) return Buffer.of(two, number >> 8, number & 0xff);
  const bytes = Buffer.from([four, 0, 0, 0, 0]);
  bytes.writeUInt32BE(number, 1);
  return bytes;
}

function header(length: number, short: number, limit: number, mark: number): Buffer {
  if (length < limit) return Buffer.of(short | length);
  if (length < 0x1_0000) return Buffer.of(mark, length >> 8, length & 0xff);
  const bytes = Buffer.from([mark + 1, 0, 0, 0, 0]);
  bytes.writeUInt32BE(length, 1);
  return bytes;
}
