/**
 * Takes from a single executable what Node keeps in every snapshot for nobody: V8's code of all its builtins, 4 MB of which a start
 * copies each byte into memory of its own, though what a command uses is compiled in the snapshot already. A builtin that is
 * loaded later is compiled then.
 *
 * The blob (Node's src/node_sea.cc, src/node_snapshotable.cc; little-endian, lengths of 8 bytes):
 *
 *   SEA        magic, flags (4 bytes each), 2 bytes, length and path of the main script, length and snapshot, the rest
 *   snapshot   magic, …, number of code caches, and of each: length and name, length and code
 *
 * Node reads as many code caches as are counted, and asks neither for a checksum nor for the end.
 */
import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';

const SEA_MAGIC = 0x0143da20;
const SNAPSHOT_MAGIC = 0x0143da19;
const HEADER = 10;
const LENGTH = 8;
/** What stands before the code caches takes some KB; V8's own part of the snapshot is in front of it. */
const FEWEST = 100;
const MOST = 2000;

/**
 * Counts none of the code caches in `executable`, made of the script at `main`; nothing moves. Throws, with everything as it
 * was, when a byte lies otherwise than is known here.
 */
export function dropCodeCaches(executable: string, main: string): void {
  const file = openSync(executable, 'r+');
  try {
    const bytes = Buffer.alloc(fstatSync(file).size);
    if (readSync(file, bytes) !== bytes.length) throw new Error(`${executable} was read in part`);
    const at = codeCachesIn(bytes, snapshotIn(bytes, main));
    writeSync(file, Buffer.alloc(LENGTH), 0, LENGTH, at);
  } finally {
    closeSync(file);
  }
}

interface Range {
  readonly from: number;
  readonly to: number;
}

function snapshotIn(bytes: Buffer, main: string): Range {
  const path = Buffer.from(main);
  const name = Buffer.concat([lengthOf(path), path]);
  const from = bytes.lastIndexOf(name) + name.length + LENGTH;
  const begin = from - LENGTH - name.length - HEADER;
  const to = from + readLength(bytes, from - LENGTH);
  if (begin < 0 || to > bytes.length || bytes.readUInt32LE(begin) !== SEA_MAGIC || bytes.readUInt32LE(from) !== SNAPSHOT_MAGIC) throw new Error('no snapshot where Node 26 has it');
  return { from, to };
}

/** Where their number stands: nowhere else does a list begin that ends, name by name, where the snapshot does. */
function codeCachesIn(bytes: Buffer, { from, to }: Range): number {
  for (let at = from; at + LENGTH < to; at++) {
    const count = readLength(bytes, at);
    if (count >= FEWEST && count <= MOST && endOfCodeCaches(bytes, at + LENGTH, count, to) === to) return at;
  }
  throw new Error('no code caches at the end of the snapshot');
}

function endOfCodeCaches(bytes: Buffer, from: number, count: number, to: number): number | undefined {
  let at = from;
  for (let index = 0; index < count; index++) {
    const name = readLength(bytes, at);
    const code = at + LENGTH + name;
    if (name === 0 || name > 100 || code + LENGTH > to || !/^[\w/.-]+$/.test(bytes.toString('latin1', at + LENGTH, code))) return undefined;
    at = code + LENGTH + readLength(bytes, code);
    if (at > to) return undefined;
  }
  return at;
}

/** More than a number holds exactly is more than there are bytes. */
const readLength = (bytes: Buffer, at: number): number => (at + LENGTH <= bytes.length ? bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4) * 2 ** 32 : Infinity);

function lengthOf(bytes: Uint8Array): Buffer {
  const length = Buffer.alloc(LENGTH);
  length.writeBigUInt64LE(BigInt(bytes.length));
  return length;
}
