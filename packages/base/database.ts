import { chmodSync, closeSync, openSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { Reserve } from './reserve.ts';
import { tolerating } from './tolerate.ts';

/** Bytes. */
const pageSize = 4096;
const laidBy = 1 << 20;
/** Of the free pages what the table itself takes, so that the file needs not grow for it. */
const margin = 32 << 10;
/** SQLite's codes where a disk is full: SQLITE_FULL; SQLITE_IOERR and SQLITE_CANTOPEN for the files beside the first. */
const fullCodes = new Set([13, 10, 14]);

/**
 * Naru's one metadata store: a SQLite file in WAL mode, opened once by the process that owns the data root.
 *
 * Every room keeps its own tables and brings its own migrations; none reads another's tables. `synchronous=NORMAL`
 * in WAL mode keeps each commit across kill -9 of the process (the log is in the page cache) and syncs at checkpoints.
 * What finds the disk full is tried again in the room that was laid by: in the files, and as a reserve beside them.
 */
export class Database implements Disposable {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #reserve: Reserve | undefined;
  /** Of the write-ahead log. */
  readonly #log: string;
  /** A transaction of ours is under way, be it that SQLite has ended it itself, as it may where the disk is full. */
  #within = false;

  /** Opens or creates the file at `path`, with a reserve at `reserve`; `:memory:` gives a store for tests. */
  constructor(path: string, options: { readonly reserve?: string } = {}) {
    this.#reserve = options.reserve === undefined ? undefined : new Reserve(options.reserve);
    this.#log = `${path}-wal`;
    if (!this.hasPlenty()) this.#reserve?.become(this.#log);
    try {
      this.#db = open(path);
    } catch (error) {
      if (!isFull(error)) throw error;
      this.#db = open(path, 'EXCLUSIVE'); // without the index of the log, a file of its own
    }
    if (this.#reserve && this.hasPlenty()) this.#layBy();
    this.#reserve?.keep();
  }

  /**
   * Room inside the files, which nobody else on a full disk takes: free pages in the one, and length in the write-ahead log, which is
   * deleted whenever the last who has it open closes it.
   */
  #layBy(): void {
    const { freelist_count: free = 0 } = this.get<{ freelist_count: number }>('PRAGMA freelist_count') ?? {};
    const scarce = free * pageSize < laidBy / 2;
    const bytes = scarce ? laidBy : Math.min(laidBy, free * pageSize - margin);
    try {
      this.#db.exec(`DROP TABLE IF EXISTS laid_by; CREATE TABLE laid_by AS SELECT zeroblob(${bytes}) AS room; DROP TABLE laid_by; PRAGMA shrink_memory`);
    } catch (error) {
      if (!isFull(error)) throw error;
      return; // too late for that
    }
    if (scarce) this.#beginLogAnew(); // the file has that length from then on
  }

  /** Whether there is room for what could be done without, too: what was laid by is for ends and removals. */
  hasPlenty(): boolean {
    return this.#reserve?.hasPlenty() ?? true;
  }

  /** Brings `room`'s tables up to date: `steps[i]` leads from version i to i+1, each applied once, in one transaction. */
  migrate(room: string, steps: readonly string[]): void {
    const row = this.get<{ version: number }>('SELECT version FROM migrations WHERE room = ?', room);
    const from = row?.version ?? 0;
    if (from >= steps.length) return;
    this.transaction(() => {
      for (const sql of steps.slice(from)) this.#db.exec(sql);
      this.run('INSERT INTO migrations VALUES (?, ?) ON CONFLICT DO UPDATE SET version = excluded.version', room, steps.length);
    });
  }

  /** Runs one statement; statements are prepared once and kept. */
  run(sql: string, ...parameters: SqlValue[]): { changes: number } {
    const { changes } = this.#withRoom(() => this.#prepare(sql).run(...parameters));
    return { changes: Number(changes) };
  }

  /** The first row, or undefined. */
  get<Row>(sql: string, ...parameters: SqlValue[]): Row | undefined {
    return this.#prepare(sql).get(...parameters) as Row | undefined;
  }

  /** Every row. */
  all<Row>(sql: string, ...parameters: SqlValue[]): Row[] {
    return this.#prepare(sql).all(...parameters) as Row[];
  }

  /**
   * Runs `work` (which must not await) in a transaction; a throw rolls everything back. Nested calls join the outer one. Work that
   * finds the disk full is done again, from its beginning.
   */
  transaction<T>(work: () => T): T {
    return this.#within ? work() : this.#withRoom(() => this.#attempt(work));
  }

  #attempt<T>(work: () => T): T {
    this.#db.exec('BEGIN IMMEDIATE');
    this.#within = true;
    try {
      const result = work();
      this.#db.exec('COMMIT');
      return result;
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw error;
    } finally {
      this.#within = false;
    }
  }

  /** Once more where there was no room: in a log that is begun anew, then in the reserve's place. */
  #withRoom<T>(work: () => T): T {
    if (this.#within) return work();
    this.#reserve?.keep();
    try {
      return work();
    } catch (error) {
      if (!isFull(error)) throw error;
    }
    this.#beginLogAnew();
    try {
      return work();
    } catch (error) {
      if (!isFull(error) || !this.#reserve?.release()) throw error;
    }
    this.#beginLogAnew();
    return work();
  }

  /** What the write-ahead log holds goes into the file, most of it over pages that are there; where not, it stays in the log. */
  #beginLogAnew(): void {
    try {
      this.#db.exec('PRAGMA wal_checkpoint(RESTART)');
    } catch (error) {
      if (!isFull(error)) throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#statements.clear();
    if (!this.#db.isOpen) return;
    if (!this.hasPlenty()) this.#reserve?.inherit(this.#log);
    this.#db.close(); // deletes the log
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (!statement) this.#statements.set(sql, (statement = this.#db.prepare(sql)));
    return statement;
  }
}

function open(path: string, locking: 'NORMAL' | 'EXCLUSIVE' = 'NORMAL'): DatabaseSync {
  if (path !== ':memory:') keepToOurselves(path);
  const db = new DatabaseSync(path);
  try {
    db.exec(`PRAGMA locking_mode=${locking}`);
    db.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; PRAGMA busy_timeout=5000');
    db.exec('CREATE TABLE IF NOT EXISTS migrations (room TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT');
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Containers' environments with their passwords are in it, and its directory lets everybody through. SQLite's other files have the mode of the first. */
function keepToOurselves(path: string): void {
  tolerating(['EEXIST'], undefined, () => closeSync(openSync(path, 'ax', 0o600)));
  for (const file of [path, `${path}-wal`, `${path}-shm`]) tolerating(['ENOENT'], undefined, () => chmodSync(file, 0o600));
}

function isFull(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && fullCodes.has(Number(error.errcode) & 0xff);
}

/** What SQLite stores. */
export type SqlValue = string | number | bigint | null | Uint8Array;
