/** Reads MessagePack (msgpack.org, spec.md): what a fluentd of the tests' is sent. Extension 0 is fluentd's EventTime. */

export type Unpacked = string | number | boolean | null | bigint | Unpacked[] | { [key: string]: Unpacked };

/** Every whole value in `bytes`, and how many bytes they took. */
export function unpackAll(bytes: Buffer): { values: Unpacked[]; used: number } {
  const values: Unpacked[] = [];
  const reader = new Reader(bytes);
  for (;;) {
    const { at } = reader;
    try {
      values.push(reader.value());
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return { values, used: at };
    }
  }
}

class Reader {
  readonly #bytes: Buffer;
  at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  value(): Unpacked {
    const mark = this.#number(1);
    if (mark < 0x80) return mark;
    if (mark < 0x90) return this.#map(mark & 15);
    if (mark < 0xa0) return this.#list(mark & 15);
    if (mark < 0xc0) return this.#text(mark & 31);
    const sizes: Readonly<Record<number, number>> = { 0xcc: 1, 0xcd: 2, 0xce: 4 };
    if (sizes[mark]) return this.#number(sizes[mark]);
    if (mark === 0xd9 || mark === 0xda || mark === 0xdb) return this.#text(this.#number(2 ** (mark - 0xd9)));
    if (mark === 0xdc || mark === 0xdd) return this.#list(this.#number(mark === 0xdc ? 2 : 4));
    if (mark === 0xde || mark === 0xdf) return this.#map(this.#number(mark === 0xde ? 2 : 4));
    if (mark === 0xd7) return this.#eventTime();
    if (mark === 0xc0) return null;
    if (mark === 0xc2 || mark === 0xc3) return mark === 0xc3;
    throw new Error(`unexpected MessagePack mark ${mark.toString(16)}`);
  }

  #number(size: number): number {
    const number = this.#bytes.readUIntBE(this.at, size);
    this.at += size;
    return number;
  }

  #text(length: number): string {
    if (this.at + length > this.#bytes.length) throw new RangeError('cut short');
    return this.#bytes.toString('utf8', this.at, (this.at += length));
  }

  #list(length: number): Unpacked[] {
    return Array.from({ length }, () => this.value());
  }

  #map(length: number): { [key: string]: Unpacked } {
    return Object.fromEntries(Array.from({ length }, () => [String(this.value()), this.value()]));
  }

  #eventTime(): bigint {
    this.#number(1);
    return BigInt(this.#number(4)) * 1_000_000_000n + BigInt(this.#number(4));
  }
}
