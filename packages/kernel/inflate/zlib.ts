/** gzip and zstd by Node's own zlib: streams whose work is done in the thread pool. */
import { createGunzip, createZstdDecompress } from 'node:zlib';
import type { Transform } from 'node:stream';
import { DataLoss, messageOf } from '#base';
import { faults, type Inflater, type InflateOutput } from './port.ts';

/** Smaller pieces would halve the speed. Bytes. */
const chunkSize = 256 << 10;

export function zlibInflater(output: InflateOutput): Inflater {
  return new StreamInflater(createGunzip({ chunkSize }), output);
}

export function zstdInflater(output: InflateOutput): Inflater {
  return new StreamInflater(createZstdDecompress({ chunkSize }), output);
}

class StreamInflater implements Inflater {
  readonly #stream: Transform;
  readonly #done = Promise.withResolvers<void>();

  constructor(stream: Transform, output: InflateOutput) {
    this.#stream = stream;
    this.#done.promise.catch(() => {});
    const fail = (error: unknown) => {
      stream.destroy();
      this.#done.reject(error);
    };
    stream.on('data', (chunk: Buffer) => {
      try {
        copy(chunk, output);
      } catch (error) {
        fail(error);
      }
    });
    stream.on('error', (error) => fail(new DataLoss(faultOf(messageOf(error)))));
    stream.on('end', () => this.#done.resolve());
  }

  async write(input: Buffer): Promise<void> {
    const written = new Promise<void>((resolve) => this.#stream.write(input, () => resolve()));
    await Promise.race([written, this.#done.promise]);
  }

  async end(): Promise<void> {
    this.#stream.end();
    await this.#done.promise;
  }
}

function copy(chunk: Buffer, output: InflateOutput): void {
  for (let done = 0; done < chunk.length; ) {
    const free = output.reserve();
    const count = chunk.copy(free, 0, done);
    output.commit(count);
    done += count;
  }
}

function faultOf(message: string): string {
  if (message === 'unexpected end of file') return faults.short;
  if (message === 'incorrect data check' || message === 'incorrect length check') return faults.checksum;
  return message === 'incorrect header check' || message === 'unknown compression method' ? faults.header : faults.corrupt;
}
