/**
 * GNU sparse files, read only: a map says which ranges of the file the archive holds, the rest are zeros (GNU tar
 * manual, "Storing Sparse Files"). Three ways to write the map: old GNU (in the header block and blocks after it),
 * PAX 0.0 and 0.1 (in records), PAX 1.0 (as text before the content).
 */
import { invalidHeader, readNumber } from './fields.ts';
import { tarBlock } from './header.ts';
import type { PaxRecord } from './pax.ts';

/** A range of the file that the archive holds. Bytes. */
export interface SparseRange {
  readonly offset: number;
  readonly length: number;
}

/** How the PAX records of a member describe a sparse file; `map` undefined means that it stands before the content (1.0). */
export interface PaxSparse {
  readonly name: string | undefined;
  readonly realSize: number | undefined;
  readonly map: SparseRange[] | undefined;
}

/** Reads `count` pairs of twelve-byte numbers from an old GNU header or extension block; empty ones end the list. */
export function readOldRanges(block: Buffer, offset: number, count: number): SparseRange[] {
  const ranges: SparseRange[] = [];
  for (let i = 0; i < count; i++) {
    const at = offset + i * 24;
    if (block[at] === 0) break;
    ranges.push({ offset: readNumber(block, at, 12, 'sparse offset'), length: readNumber(block, at + 12, 12, 'sparse length') });
  }
  return ranges;
}

/** Finds a sparse description among PAX records; undefined when the member is an ordinary file. */
export function readPaxSparse(records: readonly PaxRecord[]): PaxSparse | undefined {
  if (!records.some(([key]) => key.startsWith('GNU.sparse.'))) return undefined;
  const text = (key: string) => records.findLast(([name]) => name === key)?.[1].toString('latin1');
  const major = text('GNU.sparse.major');
  const minor = text('GNU.sparse.minor');
  const is1 = major === '1' && minor === '0';
  const is0 = (major === '0' && (minor === '0' || minor === '1')) || text('GNU.sparse.map') !== undefined || text('GNU.sparse.numblocks') !== undefined;
  if (!is1 && !is0) return undefined;
  const size = text('GNU.sparse.realsize') ?? text('GNU.sparse.size');
  return {
    name: records.findLast(([key]) => key === 'GNU.sparse.name')?.[1].toString(),
    realSize: size === undefined ? undefined : decimal(size),
    map: is1 ? undefined : pairs(is0 ? numbersOf(records) : []),
  };
}

/** Reads the text map of PAX 1.0, block by block: a count, then offset and length of each range, one number a line. */
export class TextMap {
  /** Bytes read so far; they count in the member's archived size. */
  bytes = 0;
  readonly #numbers: number[] = [];
  #rest = '';

  /** Takes the next block; returns the map when it is whole. */
  push(block: Buffer): SparseRange[] | undefined {
    this.bytes += block.length;
    const lines = (this.#rest + block.toString('latin1')).split('\n');
    this.#rest = lines.pop() ?? '';
    if (this.#rest.length > 2 * tarBlock) throw invalidHeader('sparse map is no number');
    for (const line of lines) {
      this.#numbers.push(decimal(line));
      if (this.#numbers.length === 1 + 2 * (this.#numbers[0] as number)) return pairs(this.#numbers.slice(1));
    }
    return undefined;
  }
}

/** Ranges must ascend, not overlap, lie inside the file and hold exactly the archived bytes; throws DataLoss. */
export function checkSparse(map: readonly SparseRange[], realSize: number, archived: number): void {
  let end = 0;
  let held = 0;
  for (const { offset, length } of map) {
    if (offset < end || length < 0 || offset + length > realSize) throw invalidHeader('sparse map out of order');
    end = offset + length;
    held += length;
  }
  if (!Number.isSafeInteger(realSize) || held !== archived) throw invalidHeader('sparse map and size differ');
}

/** 0.1 has one list of numbers; 0.0 repeats two records. */
function numbersOf(records: readonly PaxRecord[]): number[] {
  const list = records.findLast(([key]) => key === 'GNU.sparse.map')?.[1].toString('latin1');
  if (list !== undefined) return list === '' ? [] : list.split(',').map(decimal);
  return records.filter(([key]) => key === 'GNU.sparse.offset' || key === 'GNU.sparse.numbytes').map(([, value]) => decimal(value.toString('latin1')));
}

function pairs(numbers: readonly number[]): SparseRange[] {
  if (numbers.length % 2 !== 0) throw invalidHeader('sparse map with an odd count');
  const ranges: SparseRange[] = [];
  for (let i = 0; i < numbers.length; i += 2) ranges.push({ offset: numbers[i] as number, length: numbers[i + 1] as number });
  return ranges;
}

function decimal(text: string): number {
  const value = /^[0-9]{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw invalidHeader('sparse map is no number');
  return value;
}
