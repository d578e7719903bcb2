/**
 * gzip by Intel's ISA-L (libisal.so.2, igzip_lib.h). Only the leading fields of its structures are touched, whose
 * places have not changed since 2.20; a small stream is inflated before the first use to see that they are where we
 * think.
 */
import { gzipSync } from 'node:zlib';
import { DataLoss } from '#base';
import { koffi } from '../koffi.ts';
import { bind } from '../libc.ts';
import { faults, type Inflater, type InflateOutput } from './port.ts';

/** struct inflate_state. Bytes. */
const at = { nextOut: 0, availableOut: 8, nextIn: 16, availableIn: 32, blockState: 21_160, crcFlag: 21_172 } as const;
const stateSize = 128 << 10;
const finished = 5;
const gzipMode = 1;

interface Library {
  init(state: Buffer): void;
  inflate(state: Buffer): number;
}

const addressOfBytes = bind<(to: Uint8Array, from: Uint8Array, size: number) => number | bigint>('uintptr_t memmove(void *to, const void *from, size_t size)');

let library: Library | undefined | null;

/** ISA-L's inflater, undefined where the library is not installed or not the one we know. */
export function isalInflater(output: InflateOutput): Inflater | undefined {
  if (library === undefined) library = load();
  return library ? new IsalInflater(library, output) : undefined;
}

class IsalInflater implements Inflater {
  readonly #library: Library;
  readonly #output: InflateOutput;
  readonly #state = Buffer.alloc(stateSize);
  /** Between members: a further one may begin. `padding`: something else followed, so the rest is ignored. */
  #phase: 'member' | 'between' | 'padding' = 'member';
  #started = false;

  constructor(library: Library, output: InflateOutput) {
    this.#library = library;
    this.#output = output;
    this.#begin();
  }

  write(input: Buffer): void {
    let position = 0;
    while (position < input.length && this.#phase !== 'padding') {
      if (this.#phase === 'between' && !this.#next(input[position] as number)) return;
      position = this.#member(input, position);
    }
  }

  end(): void {
    if (this.#phase === 'member' && this.#started) throw new DataLoss(faults.short);
    if (!this.#started) throw new DataLoss(faults.short);
  }

  #begin(): void {
    this.#library.init(this.#state);
    this.#state.writeUInt32LE(gzipMode, at.crcFlag);
  }

  /** After a member: a gzip header's first byte begins another. */
  #next(byte: number): boolean {
    this.#phase = byte === 0x1f ? 'member' : 'padding';
    if (this.#phase === 'member') this.#begin();
    return this.#phase === 'member';
  }

  /** Inflates until the input or the member ends; returns the new position. */
  #member(input: Buffer, position: number): number {
    const state = this.#state;
    this.#started = true;
    state.writeBigUInt64LE(addressOf(input, position), at.nextIn);
    state.writeUInt32LE(input.length - position, at.availableIn);
    for (;;) {
      const free = this.#output.reserve();
      state.writeBigUInt64LE(addressOf(free, 0), at.nextOut);
      state.writeUInt32LE(free.length, at.availableOut);
      const result = this.#library.inflate(state);
      if (result < 0) throw new DataLoss(faultOf(result));
      const room = state.readUInt32LE(at.availableOut);
      this.#output.commit(free.length - room);
      const left = state.readUInt32LE(at.availableIn);
      if (state.readUInt32LE(at.blockState) === finished) {
        this.#phase = 'between';
        return input.length - left;
      }
      if (left === 0 && room > 0) return input.length;
    }
  }
}

/** The bytes' place in memory. Node's buffers over 64 bytes and shared ones never move. */
function addressOf(bytes: Uint8Array, offset: number): bigint {
  return BigInt(addressOfBytes(bytes, bytes, 0)) + BigInt(offset);
}

function faultOf(result: number): string {
  if (result === -6) return faults.checksum;
  return result === -4 || result === -5 ? faults.header : faults.corrupt;
}

function load(): Library | null {
  try {
    const isal = koffi.load('libisal.so.2');
    const found: Library = {
      init: isal.func('void isal_inflate_init(void *state)'),
      inflate: isal.func('int isal_inflate(void *state)'),
    };
    return understands(found) ? found : null;
  } catch {
    return null; // Not installed: zlib takes its place.
  }
}

/** Inflates a known stream; a library of another layout would fail at it. */
function understands(candidate: Library): boolean {
  const text = Buffer.alloc(3000, 'naru ');
  const out = Buffer.alloc(4096);
  let length = 0;
  const inflater = new IsalInflater(candidate, { reserve: () => out.subarray(length), commit: (count) => { length += count; } });
  try {
    inflater.write(gzipSync(text));
    inflater.end();
  } catch {
    return false;
  }
  return out.subarray(0, length).equals(text);
}
