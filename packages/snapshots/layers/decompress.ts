import { RingWriter, type RingMemory } from '#base';
import { openInflater } from '#kernel';
import { readSource, type ByteSource } from '../trees/source.ts';

export interface DecompressInput {
  readonly source: ByteSource;
  readonly format: 'gzip' | 'zstd';
  readonly output: RingMemory;
}

/** Decompresses on this thread into a pipe that another one reads. */
export async function decompress({ source, format, output }: DecompressInput): Promise<void> {
  const writer = new RingWriter(output);
  try {
    const inflater = openInflater(format, writer);
    for (const chunk of readSource(source)) await inflater.write(chunk);
    await inflater.end();
    writer.end();
  } catch (error) {
    writer.fail();
    throw error;
  }
}
