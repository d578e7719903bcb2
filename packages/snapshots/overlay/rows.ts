import type { Database } from '#base';
import type { SnapshotInfo, SnapshotKind } from '../port.ts';

/** A snapshot as the store knows it. `id` names its directory. */
export interface SnapshotRow {
  readonly id: number;
  readonly key: string;
  readonly kind: SnapshotKind;
  readonly parent: number | null;
  readonly parentKey: string | null;
  /** Milliseconds since the epoch. */
  readonly created: number;
  /** 1: the mount may skip every sync (see PrepareOptions). */
  readonly volatile: number;
}

const migrations = [
  `CREATE TABLE snapshots (
     id INTEGER PRIMARY KEY,
     key TEXT NOT NULL UNIQUE,
     kind TEXT NOT NULL CHECK (kind IN ('active', 'view', 'committed')),
     parent INTEGER REFERENCES snapshots (id),
     created INTEGER NOT NULL,
     volatile INTEGER NOT NULL,
     bytes INTEGER,
     inodes INTEGER
   ) STRICT;
   CREATE INDEX snapshots_parent ON snapshots (parent)`,
];

const columns = 'SELECT s.id, s.key, s.kind, s.parent, p.key AS parentKey, s.created, s.volatile FROM snapshots s LEFT JOIN snapshots p ON p.id = s.parent';

/** The overlay driver's table; each life asks for rows six times, so that they are kept in memory too. */
export class SnapshotRows {
  readonly #db: Database;
  readonly #byKey: Map<string, SnapshotRow>;

  constructor(db: Database) {
    this.#db = db;
    db.migrate('snapshots', migrations);
    this.#byKey = new Map(this.all().map((row) => [row.key, row]));
  }

  find(key: string): SnapshotRow | undefined {
    return this.#byKey.get(key);
  }

  byId(id: number): SnapshotRow | undefined {
    return this.#db.get<SnapshotRow>(`${columns} WHERE s.id = ?`, id);
  }

  all(): SnapshotRow[] {
    return this.#db.all<SnapshotRow>(`${columns} ORDER BY s.id`);
  }

  largestId(): number {
    return this.#db.get<{ id: number | null }>('SELECT max(id) AS id FROM snapshots')?.id ?? 0;
  }

  insert(row: SnapshotRow): void {
    this.#db.run('INSERT INTO snapshots (id, key, kind, parent, created, volatile) VALUES (?, ?, ?, ?, ?, ?)', row.id, row.key, row.kind, row.parent, row.created, row.volatile);
    this.#byKey.set(row.key, row);
  }

  commit(row: SnapshotRow, name: string): void {
    this.#db.run(`UPDATE snapshots SET key = ?, kind = 'committed', volatile = 0 WHERE id = ?`, name, row.id);
    this.#byKey.delete(row.key);
    this.#byKey.set(name, { ...row, key: name, kind: 'committed', volatile: 0 });
  }

  delete({ id, key }: SnapshotRow): void {
    this.#db.run('DELETE FROM snapshots WHERE id = ?', id);
    this.#byKey.delete(key);
  }

  hasChildren(id: number): boolean {
    return this.#db.get('SELECT 1 FROM snapshots WHERE parent = ? LIMIT 1', id) !== undefined;
  }

  /** Usage of a committed snapshot, once measured. */
  usage(id: number): { bytes: number; inodes: number } | undefined {
    const row = this.#db.get<{ bytes: number; inodes: number }>('SELECT bytes, inodes FROM snapshots WHERE id = ? AND bytes IS NOT NULL', id);
    return row && { bytes: row.bytes, inodes: row.inodes };
  }

  setUsage(id: number, { bytes, inodes }: { bytes: number; inodes: number }): void {
    this.#db.run('UPDATE snapshots SET bytes = ?, inodes = ? WHERE id = ?', bytes, inodes, id);
  }
}

/** What callers see of a row. */
export function infoOf(row: SnapshotRow): SnapshotInfo {
  return { key: row.key, kind: row.kind, parent: row.parentKey ?? undefined, created: row.created };
}
