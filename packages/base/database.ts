import { DatabaseSync, type StatementSync } from 'node:sqlite';

/**
 * Naru's one metadata store: a SQLite file in WAL mode, opened once by the process that owns the data root.
 *
 * Every room keeps its own tables and brings its own migrations; none reads another's tables. `synchronous=NORMAL`
 * in WAL mode keeps each commit across kill -9 of the process (the log is in the page cache) and syncs at checkpoints.
 */
export class Database implements Disposable {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  /** Opens or creates the file at `path`; `:memory:` gives a store for tests. */
  constructor(path: string) {
    this.#db = new DatabaseSync(path);
    this.#db.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; PRAGMA busy_timeout=5000');
    this.#db.exec('CREATE TABLE IF NOT EXISTS migrations (room TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT');
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
    const { changes } = this.#prepare(sql).run(...parameters);
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

  /** Runs `work` (which must not await) in a transaction; a throw rolls everything back. Nested calls join the outer one. */
  transaction<T>(work: () => T): T {
    if (this.#db.isTransaction) return work();
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.#db.exec('COMMIT');
      return result;
    } catch (error) {
      this.#db.exec('ROLLBACK');
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#statements.clear();
    if (this.#db.isOpen) this.#db.close();
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (!statement) this.#statements.set(sql, (statement = this.#db.prepare(sql)));
    return statement;
  }
}

/** What SQLite stores. */
export type SqlValue = string | number | bigint | null | Uint8Array;
