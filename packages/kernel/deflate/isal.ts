/**
 * gzip by Intel's ISA-L (libisal.so.2, igzip_lib.h, `isal_deflate_stateless`). Only the leading fields of its stream
 * structure are touched; a small text is compressed and inflated again before the first use to see that they are
 * where we think.
 */
import { gunzipSync } from 'node:zlib';
import { Internal } from '#base';
import { koffi } from '../koffi.ts';
import { bind } from '../libc.ts';
import type { Deflater } from './port.ts';

/** struct isal_zstream. Bytes. */
const at = {
  nextIn: 0, availableIn: 8, nextOut: 16, availableOut: 24, totalOut: 28, level: 40, levelBufferSize: 44, levelBuffer: 48,
  endOfStream: 56, flush: 58, gzipFlag: 60,
} as const;
const stateSize = 256 << 10;
/** The best that costs no more time than the one below it. */
const level = 2;
const levelBufferSize = 2 << 20;

interface Library {
  init(stream: Buffer): void;
  deflate(stream: Buffer): number;
}

const addressOfBytes = bind<(to: Uint8Array, from: Uint8Array, size: number) => number | bigint>('uintptr_t memmove(void *to, const void *from, size_t size)');

let library: Library | undefined | null;

/** ISA-L's compressor, undefined where the library is not installed or not the one we know. */
export function isalDeflater(): Deflater | undefined {
  if (library === undefined) library = load();
  return library ? new IsalDeflater(library) : undefined;
}

class IsalDeflater implements Deflater {
  readonly parallel = 1;
  readonly #library: Library;
  readonly #stream = Buffer.alloc(stateSize);
  readonly #levelBuffer = Buffer.alloc(levelBufferSize);

  constructor(loaded: Library) {
    this.#library = loaded;
  }

  async member(input: Buffer): Promise<Buffer> {
    return this.deflate(input);
  }

  deflate(input: Buffer): Buffer {
    const stream = this.#stream;
    // What does not compress is stored in blocks of at most 64 KiB with 5 bytes before each.
    const output = Buffer.allocUnsafeSlow(input.length + (input.length >> 10) + 1024);
    this.#library.init(stream);
    stream.writeBigUInt64LE(addressOf(input), at.nextIn);
    stream.writeUInt32LE(input.length, at.availableIn);
    stream.writeBigUInt64LE(addressOf(output), at.nextOut);
    stream.writeUInt32LE(output.length, at.availableOut);
    stream.writeUInt32LE(level, at.level);
    stream.writeUInt32LE(this.#levelBuffer.length, at.levelBufferSize);
    stream.writeBigUInt64LE(addressOf(this.#levelBuffer), at.levelBuffer);
    stream.writeUInt16LE(1, at.endOfStream);
    stream.writeUInt16LE(0, at.flush);
    stream.writeUInt16LE(1, at.gzipFlag);
    const result = this.#library.deflate(stream);
    if (result !== 0) throw new Internal(`isal_deflate_stateless failed with ${result}`);
    return output.subarray(0, stream.readUInt32LE(at.totalOut));
  }
}

/** The bytes' place in memory. Node's buffers over 64 bytes never move. */
function addressOf(bytes: Uint8Array): bigint {
  return BigInt(addressOfBytes(bytes, bytes, 0));
}

function load(): Library | null {
  try {
    const isal = koffi.load('libisal.so.2');
    const found: Library = {
      init: isal.func('void isal_deflate_stateless_init(void *stream)'),
      deflate: isal.func('int isal_deflate_stateless(void *stream)'),
    };
    return understands(found) ? found : null;
  } catch {
    return null; // Not installed: zlib takes its place.
  }
}

/** Compresses a text; a library of another layout would fail at it. */
function understands(candidate: Library): boolean {
  const text = Buffer.alloc(3000, 'naru ');
  try {
    return gunzipSync(new IsalDeflater(candidate).deflate(text)).equals(text);
  } catch {
    return false;
  }
}
