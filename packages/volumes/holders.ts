import type { Database } from '#base';

export interface Holder {
  readonly name: string;
  /** A container's id, or the name of a visit. */
  readonly user: string;
}

/** Who holds which volume's files, remembered over the daemon's death. `table` is the owner's, which makes it: (name, user). */
export class VolumeHolders {
  readonly #db: Database;
  readonly #table: string;

  constructor(db: Database, table: string) {
    this.#db = db;
    this.#table = table;
  }

  /** The table, for its owner's migrations. */
  static schema(table: string): string {
    return `CREATE TABLE ${table} (name TEXT NOT NULL, user TEXT NOT NULL, PRIMARY KEY (name, user)) STRICT, WITHOUT ROWID`;
  }

  /** Stored before the files are brought: one that is killed in between gives back once too often. */
  hold(name: string, user: string): void {
    this.#db.run(`INSERT OR REPLACE INTO ${this.#table} VALUES (?, ?)`, name, user);
  }

  letGo(name: string, user: string): void {
    this.#db.run(`DELETE FROM ${this.#table} WHERE name = ? AND user = ?`, name, user);
  }

  forget(name: string): void {
    this.#db.run(`DELETE FROM ${this.#table} WHERE name = ?`, name);
  }

  holds(name: string, user: string): boolean {
    return this.#db.get(`SELECT 1 FROM ${this.#table} WHERE name = ? AND user = ?`, name, user) !== undefined;
  }

  isHeldByAnother(name: string, user: string): boolean {
    return this.#db.get(`SELECT 1 FROM ${this.#table} WHERE name = ? AND user <> ?`, name, user) !== undefined;
  }

  all(): Holder[] {
    return this.#db.all<Holder>(`SELECT name, user FROM ${this.#table}`);
  }
}
