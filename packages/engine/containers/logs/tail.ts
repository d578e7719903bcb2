/** Where to start reading so that only the last entries come: found from the back, without reading the rest. */
import type { LogFile } from './files.ts';

const step = 64 << 10;

/** For each file (oldest first) the offset to start at; its size for a file that is passed over whole. `tail` undefined: all. */
export async function tailOffsets(files: readonly LogFile[], tail: number | undefined): Promise<number[]> {
  if (tail === undefined) return files.map(() => 0);
  const offsets: number[] = [];
  let wanted = tail;
  for (const file of files.toReversed()) {
    const { offset, lines } = await offsetOfLast(file, wanted);
    offsets.unshift(offset);
    wanted -= lines;
  }
  return offsets;
}

async function offsetOfLast(file: LogFile, wanted: number): Promise<{ offset: number; lines: number }> {
  const { size } = await file.handle.stat();
  if (wanted <= 0) return { offset: size, lines: 0 };
  const buffer = Buffer.allocUnsafe(step);
  let lines = 0;
  for (let end = size; end > 0; end -= step) {
    const begin = Math.max(0, end - step);
    const { bytesRead } = await file.handle.read(buffer, 0, end - begin, begin);
    for (let at = bytesRead - 1; at >= 0; at -= 1) {
      if (buffer[at] !== 0x0a) continue;
      // The newline that closes the last of the wanted lines' predecessor: reading starts behind it.
      if (lines === wanted) return { offset: begin + at + 1, lines };
      lines += 1;
    }
  }
  return { offset: 0, lines };
}
