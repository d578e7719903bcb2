/**
 * Reads a json-file log from its oldest rotated file to its end, and on as it grows.
 *
 * Following never loses a line to a rotation: the file being read stays open under its inode; when the name belongs to
 * another inode, what is left in the old one is read first. Nor to the end of the container: `ended` resolves after the
 * shim has written its last line, and one more read follows.
 */
import { once } from 'node:events';
import { watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import { nanosecondsOf, parseEntry, type LogEntry } from './entry.ts';
import { inodeOf, openLogFiles, type LogFile } from './files.ts';
import { tailOffsets } from './tail.ts';

export interface ReadLog {
  readonly path: string;
  /** Rotated files kept beside the first. */
  readonly maxFiles: number;
  /** Nanoseconds since the epoch; entries before it are passed over. */
  readonly since?: bigint | undefined;
  /** Nanoseconds since the epoch; reading ends at the first entry behind it. */
  readonly until?: bigint | undefined;
  /** Only the last entries; undefined for all. */
  readonly tail?: number | undefined;
  /** Where an earlier reading stopped; the file that had been read may be gone. */
  readonly from?: LogPosition | undefined;
  /** Go on until the promise resolves; undefined reads what is there. */
  readonly ended?: Promise<unknown> | undefined;
  readonly signal: AbortSignal;
}

/** A place in a log that rotates: a file by its inode, bytes into it. */
export interface LogPosition {
  readonly inode: bigint;
  readonly offset: number;
}

/** An entry, and the place right behind it. */
export interface PlacedEntry extends LogEntry {
  readonly end: LogPosition;
}

/** The entries, in the order written. */
export async function* readLog(request: ReadLog): AsyncGenerator<PlacedEntry> {
  using changes = request.ended ? new Changes(request.path, request.ended, request.signal) : undefined;
  await using files = new OpenFiles(request);
  for (;;) {
    const over = changes?.over ?? true; // before the look, for all may be written and over while it lasts
    await files.open();
    if (files.list.length > 0 || over) break;
    await changes?.next(); // a container that has written nothing yet may have no file
  }
  const starts = request.from ? await offsetsFrom(files.list, request.from) : await tailOffsets(files.list, request.tail);
  const readers = files.list.map((file, index) => new LineReader(file, starts[index] ?? 0));
  for await (const entry of changes ? followAll(readers, files, changes) : readAll(readers, files)) {
    if (request.signal.aborted || isPast(entry, request.until)) return;
    if (request.since === undefined || nanosecondsOf(entry.time) >= request.since) yield entry;
  }
}

/** Files before the one that was being read are passed over; when it is gone, all that is left is newer. */
async function offsetsFrom(files: readonly LogFile[], from: LogPosition): Promise<number[]> {
  const same = files.findIndex((file) => file.inode === from.inode);
  const file = files[same];
  const known = file && (await endsLine(file, from.offset)) ? same : -1;
  return files.map((_, index) => (index < known ? Number.MAX_SAFE_INTEGER : index === known ? from.offset : 0));
}

/** Whether a line ends there: a new file may have been given the inode of one that was removed while nobody read it. */
async function endsLine({ handle }: LogFile, offset: number): Promise<boolean> {
  const { bytesRead, buffer } = await handle.read(Buffer.alloc(1), 0, 1, offset - 1);
  return bytesRead === 1 && buffer[0] === 0x0a;
}

function isPast(entry: LogEntry, until: bigint | undefined): boolean {
  return until !== undefined && nanosecondsOf(entry.time) > until;
}

/** The last stays open, for it may be written to; who is behind another has been read for good. */
async function* readAll(readers: readonly LineReader[], files: OpenFiles): AsyncGenerator<PlacedEntry> {
  for (const reader of readers) {
    yield* reader.entries();
    if (reader !== readers.at(-1)) await files.close(reader.file);
  }
}

/** Reads what is there, then what the last file gains, then whatever files take its place. */
async function* followAll(readers: LineReader[], files: OpenFiles, changes: Changes): AsyncGenerator<PlacedEntry> {
  yield* readAll(readers, files);
  let last = readers.at(-1);
  while (last) {
    const over = changes.over;
    yield* last.entries();
    const newer = await files.openNewer(last.file);
    if (newer.length > 0) {
      yield* last.entries(); // what the shim wrote before it renamed
      await files.close(last.file);
      const next = newer.map((file) => new LineReader(file, 0));
      yield* readAll(next, files);
      last = next.at(-1);
      continue;
    }
    if (over) return;
    await changes.next();
  }
}

/** The files that one reader has open: those that it has not read yet, and the one that it waits at. */
class OpenFiles implements AsyncDisposable {
  list: LogFile[] = [];
  readonly #request: ReadLog;

  constructor(request: ReadLog) {
    this.#request = request;
  }

  async open(): Promise<void> {
    this.list = await openLogFiles(this.#request.path, this.#request.maxFiles);
  }

  /** Files made after `file`, oldest first; none while the log's name still belongs to it. */
  async openNewer(file: LogFile): Promise<LogFile[]> {
    if ((await inodeOf(this.#request.path)) === file.inode) return [];
    const all = await openLogFiles(this.#request.path, this.#request.maxFiles);
    const known = all.findIndex((it) => it.inode === file.inode);
    for (const passed of all.splice(0, known + 1)) await passed.handle.close();
    this.list.push(...all);
    return all;
  }

  /** A rotated file that is held open keeps its place on the disk, however long its name has been gone. */
  async close(file: LogFile): Promise<void> {
    this.list = this.list.filter((open) => open !== file);
    await file.handle.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const file of this.list) await file.handle.close();
  }
}

/** Reads whole lines from where it stopped; a half-written last line waits for its end. */
class LineReader {
  readonly file: LogFile;
  #position: number;

  constructor(file: LogFile, position: number) {
    this.file = file;
    this.#position = position;
  }

  async *entries(): AsyncGenerator<PlacedEntry> {
    let chunk = Buffer.allocUnsafe(64 << 10);
    for (;;) {
      const { bytesRead } = await this.file.handle.read(chunk, 0, chunk.length, this.#position);
      const end = chunk.subarray(0, bytesRead).lastIndexOf(0x0a) + 1;
      if (end === 0) {
        if (bytesRead < chunk.length) return;
        chunk = Buffer.allocUnsafe(chunk.length * 2); // one line longer than the buffer
        continue;
      }
      let offset = this.#position;
      this.#position += end;
      for (const line of chunk.toString('utf8', 0, end - 1).split('\n')) {
        offset += Buffer.byteLength(line) + 1;
        const entry = parseEntry(line);
        if (entry) yield { ...entry, end: { inode: this.file.inode, offset } };
      }
    }
  }
}

/** Wakes the follower when the log's directory changes, the container has ended, or the reader is gone. */
class Changes implements Disposable {
  over = false;
  readonly #watcher;
  #wake = Promise.withResolvers<void>();

  constructor(path: string, ended: Promise<unknown>, signal: AbortSignal) {
    const name = basename(path);
    const changed = (): void => this.#wake.resolve();
    const finish = (): void => {
      this.over = true;
      changed();
    };
    this.#watcher = watch(dirname(path), (_, file) => {
      if (file === null || file.startsWith(name)) changed();
    });
    this.#watcher.on('error', finish); // the directory was removed with its container
    ended.then(finish, finish);
    if (signal.aborted) finish();
    else void once(signal, 'abort').then(finish);
  }

  /** Resolves at the next change, or at once when one came since the last call. */
  async next(): Promise<void> {
    await this.#wake.promise;
    this.#wake = Promise.withResolvers<void>();
    if (this.over) this.#wake.resolve();
  }

  [Symbol.dispose](): void {
    this.#watcher.close();
  }
}
