/**
 * A tar archive as calls: bytes are pushed in, members come out, nothing is awaited and contents are not copied.
 *
 *   header ─▶ (extension body ─▶ header)* ─▶ [sparse map] ─▶ content ─▶ padding ─▶ header … ─▶ two zero blocks ─▶ rest
 *
 * Understands v7, ustar, star, GNU (long names, base-256, old sparse) and PAX (local and global records, sparse 0.x and
 * 1.0). What follows the end of the archive is ignored, as in Go's archive/tar. Anything malformed throws DataLoss.
 */
import { DataLoss, InvalidArgument } from '../errors.ts';
import { assembleHeader, isZeroBlock, readBlock, type RawHeader } from './decode.ts';
import { invalidHeader } from './fields.ts';
import { tarBlock, tarPadding, type TarHeader } from './header.ts';
import { parsePax, type PaxRecord } from './pax.ts';
import { checkSparse, readOldRanges, readPaxSparse, TextMap, type SparseRange } from './sparse.ts';

/** Receives the members in order: `member`, then `data` any number of times, then `done`. */
export interface TarSink {
  member(header: TarHeader): void;
  /** A piece of the content, which begins at `offset` in the file. Valid only during the call. Holes are left out. */
  data(chunk: Buffer, offset: number): void;
  /** The member is complete. */
  done(): void;
}

type State = 'header' | 'extension' | 'oldSparse' | 'textMap' | 'content' | 'padding' | 'end';

/** Extension bodies and sparse maps above this are an attack, not a name (Go's limit). Bytes. */
const extensionLimit = 1 << 20;

export class TarParser {
  readonly #sink: TarSink;
  #state: State = 'header';
  /** Bytes of an incomplete block or extension body, and how many of them are there. */
  #held: Buffer = Buffer.allocUnsafe(tarBlock);
  #have = 0;
  #need = tarBlock;
  #sawZero = false;
  #extension: { raw: RawHeader } | undefined;
  readonly #global = new Map<string, Buffer>();
  #local: PaxRecord[] = [];
  #longName: string | undefined;
  #longLink: string | undefined;
  #raw: RawHeader | undefined;
  #text: TextMap | undefined;
  #map: SparseRange[] = [];
  #range = 0;
  /** Position in the file, and bytes of it still to come in the archive. */
  #offset = 0;
  #left = 0;
  #padding = 0;

  constructor(sink: TarSink) {
    this.#sink = sink;
  }

  /** Pushes the next bytes, of any length. */
  write(chunk: Uint8Array): void {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    for (let at = 0; at < bytes.length && this.#state !== 'end'; ) {
      if (this.#state === 'content') at = this.#content(bytes, at);
      else if (this.#state === 'padding') at = this.#skip(bytes, at);
      else at = this.#gather(bytes, at);
    }
  }

  /**
   * Says that no more bytes come; throws DataLoss when they end inside a member. The last one's padding may be missing,
   * whole or in part: the docker client leaves it out of a context whose Dockerfile lies elsewhere (`-f`), and Go minds as little.
   */
  end(): void {
    if (this.#state === 'end' || this.#state === 'padding' || (this.#state === 'header' && this.#have === 0 && !this.#extended())) return;
    throw new DataLoss('unexpected EOF');
  }

  /** Collects `need` bytes, in place when the chunk holds them all, and hands them to the state. */
  #gather(bytes: Buffer, at: number): number {
    if (this.#have === 0 && bytes.length - at >= this.#need) {
      const block = bytes.subarray(at, at + this.#need);
      at += this.#need;
      this.#gathered(block);
      return at;
    }
    if (this.#held.length < this.#need) this.#grow();
    const count = Math.min(this.#need - this.#have, bytes.length - at);
    bytes.copy(this.#held, this.#have, at, at + count);
    this.#have += count;
    if (this.#have === this.#need) {
      this.#have = 0;
      this.#gathered(this.#held.subarray(0, this.#need));
    }
    return at + count;
  }

  #grow(): void {
    const larger = Buffer.allocUnsafe(this.#need);
    this.#held.copy(larger, 0, 0, this.#have);
    this.#held = larger;
  }

  #gathered(block: Buffer): void {
    if (this.#state === 'header') this.#header(block);
    else if (this.#state === 'extension') this.#extensionBody(block);
    else if (this.#state === 'oldSparse') this.#oldSparse(block);
    else this.#textMap(block);
  }

  #header(block: Buffer): void {
    if (isZeroBlock(block)) {
      if (this.#sawZero && this.#extended()) throw new DataLoss('unexpected EOF');
      if (this.#sawZero) this.#state = 'end';
      this.#sawZero = true;
      return;
    }
    if (this.#sawZero) throw invalidHeader('a lone zero block');
    const raw = readBlock(block);
    if ('xgLK'.includes(raw.flag)) this.#beginExtension(raw);
    else if (raw.flag === 'S') this.#beginOldSparse(raw, block);
    else this.#beginMember(raw);
  }

  #beginExtension(raw: RawHeader): void {
    if (raw.size > extensionLimit) throw invalidHeader('extended header is too large');
    this.#extension = { raw };
    this.#need = raw.size + tarPadding(raw.size);
    this.#state = 'extension';
    if (this.#need === 0) this.#extensionBody(Buffer.alloc(0));
  }

  #extensionBody(padded: Buffer): void {
    const { raw } = this.#extension as { raw: RawHeader };
    const body = padded.subarray(0, raw.size);
    if (raw.flag === 'x') this.#local = parsePax(body);
    else if (raw.flag === 'g') this.#setGlobal(parsePax(body));
    else if (raw.flag === 'L') this.#longName = textOf(body);
    else this.#longLink = textOf(body);
    this.#extension = undefined;
    this.#expectHeader();
  }

  #beginOldSparse(raw: RawHeader, block: Buffer): void {
    this.#raw = { ...raw, realSize: raw.oldRealSize };
    this.#map = readOldRanges(block, 386, 4);
    if (block[482]) this.#state = 'oldSparse';
    else this.#emit(this.#raw, this.#map);
  }

  #oldSparse(block: Buffer): void {
    this.#map.push(...readOldRanges(block, 0, 21));
    if (this.#map.length * 24 > extensionLimit) throw invalidHeader('sparse map is too large');
    if (!block[504]) this.#emit(this.#raw as RawHeader, this.#map);
  }

  #beginMember(raw: RawHeader): void {
    const sparse = this.#local.length > 0 ? readPaxSparse(this.#local) : undefined;
    if (!sparse || sparse.map) return this.#emit(raw, sparse?.map);
    this.#raw = raw;
    this.#text = new TextMap();
    this.#need = tarBlock;
    this.#state = 'textMap';
  }

  /** The map of sparse 1.0 is counted in the member's size and ends at a block's end. */
  #textMap(block: Buffer): void {
    const text = this.#text as TextMap;
    const map = text.push(block);
    if (map) this.#emit(this.#raw as RawHeader, map, text.bytes);
    else if (text.bytes >= extensionLimit) throw invalidHeader('sparse map is too large');
  }

  /** Announces the member and goes on to its content. `mapBytes` of the archived size were the sparse map. */
  #emit(raw: RawHeader, map: SparseRange[] | undefined, mapBytes = 0): void {
    const records = this.#global.size > 0 ? [...this.#global, ...this.#local] : this.#local;
    const { header, archived } = assembleHeader(raw, records, this.#longName, this.#longLink);
    this.#left = archived - mapBytes;
    if (this.#left < 0) throw invalidHeader('sparse map is larger than its member');
    if (map) checkSparse(map, header.size, this.#left);
    this.#map = map ?? [{ offset: 0, length: this.#left }];
    this.#range = 0;
    this.#offset = this.#map[0]?.offset ?? 0;
    this.#padding = tarPadding(archived);
    this.#local = [];
    this.#longName = this.#longLink = undefined;
    this.#raw = this.#text = undefined;
    this.#sink.member(header);
    if (this.#left > 0) this.#state = 'content';
    else this.#endMember();
  }

  #content(bytes: Buffer, at: number): number {
    let range = this.#map[this.#range] as SparseRange;
    while (this.#offset === range.offset + range.length) {
      range = this.#map[++this.#range] as SparseRange;
      this.#offset = range.offset;
    }
    const count = Math.min(range.offset + range.length - this.#offset, bytes.length - at);
    this.#sink.data(bytes.subarray(at, at + count), this.#offset);
    this.#offset += count;
    this.#left -= count;
    if (this.#left === 0) this.#endMember();
    return at + count;
  }

  #endMember(): void {
    this.#sink.done();
    if (this.#padding > 0) this.#state = 'padding';
    else this.#expectHeader();
  }

  #skip(bytes: Buffer, at: number): number {
    const count = Math.min(this.#padding, bytes.length - at);
    this.#padding -= count;
    if (this.#padding === 0) this.#expectHeader();
    return at + count;
  }

  #expectHeader(): void {
    this.#state = 'header';
    this.#need = tarBlock;
    this.#have = 0;
  }

  /** Global records stand for every later member, but those that describe one file alone make no sense and are dropped. */
  #setGlobal(records: readonly PaxRecord[]): void {
    for (const [key, value] of records) {
      if (key !== 'path' && key !== 'linkpath' && key !== 'size' && !key.startsWith('GNU.sparse.')) this.#global.set(key, value);
    }
    let total = 0;
    for (const [key, value] of this.#global) total += key.length + value.length;
    if (total > extensionLimit) throw invalidHeader('global headers are too large');
  }

  /** An extension header waits for its member. */
  #extended(): boolean {
    return this.#local.length > 0 || this.#longName !== undefined || this.#longLink !== undefined;
  }
}

function textOf(body: Buffer): string {
  const end = body.indexOf(0);
  const text = body.subarray(0, end < 0 ? body.length : end).toString();
  if (text === '') throw new InvalidArgument('archive/tar: empty long name');
  return text;
}
