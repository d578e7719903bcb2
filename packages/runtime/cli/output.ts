/**
 * Writing to our own stdout. Not by process.stdout: that makes a pipe non-blocking, and the pipe is the container's too.
 */
import { writeSync } from 'node:fs';
import { errnoOf } from '#base';

const WAIT = 5;

/** Writes all of `text`; waits where the reader is slow. */
export function print(text: string): void {
  let rest = Buffer.from(text);
  while (rest.length > 0) rest = rest.subarray(writeSome(rest));
}

function writeSome(bytes: Uint8Array): number {
  try {
    return writeSync(1, bytes);
  } catch (error) {
    if (errnoOf(error) !== 'EAGAIN') throw error;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, WAIT);
    return 0;
  }
}

/** Go's tabwriter as runC sets it up: columns at least twelve wide, three spaces between them. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(12, ...rows.map((row) => (row[column] ?? '').length + 3)));
  return rows.map((row) => `${row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))).join('')}\n`).join('');
}
