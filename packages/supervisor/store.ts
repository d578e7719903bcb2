/** Containers and their status in the metadata store. */
import type { Database } from '#base';
import type { ExitStatus } from '#runtime';
import type { ContainerSpec, ContainerStatus } from './port.ts';

const migrations = [
  `CREATE TABLE supervised (
     id TEXT PRIMARY KEY, spec TEXT NOT NULL, status TEXT NOT NULL, pid INTEGER NOT NULL,
     started_at INTEGER, finished_at INTEGER, exit TEXT, error TEXT NOT NULL
   ) STRICT, WITHOUT ROWID`,
  // With row ids: rows as long as these SQLite otherwise reads whole, one after another, to find one of them.
  `CREATE TABLE supervised_rows (
     id TEXT PRIMARY KEY, spec TEXT NOT NULL, status TEXT NOT NULL, pid INTEGER NOT NULL,
     started_at INTEGER, finished_at INTEGER, exit TEXT, error TEXT NOT NULL
   ) STRICT;
   INSERT INTO supervised_rows SELECT id, spec, status, pid, started_at, finished_at, exit, error FROM supervised;
   DROP TABLE supervised;
   ALTER TABLE supervised_rows RENAME TO supervised`,
];

export interface StoredContainer {
  readonly spec: ContainerSpec;
  readonly status: ContainerStatus;
  readonly pid: number;
  readonly startedAt: number | undefined;
  readonly finishedAt: number | undefined;
  readonly exit: ExitStatus | undefined;
  readonly error: string;
}

export interface SpecStore {
  insert(spec: ContainerSpec): void;
  saveSpec(spec: ContainerSpec): void;
  saveState(entry: StoredContainer): void;
  delete(id: string): void;
  list(): StoredContainer[];
}

interface Row {
  readonly spec: string;
  readonly status: ContainerStatus;
  readonly pid: number;
  readonly started_at: number | null;
  readonly finished_at: number | null;
  readonly exit: string | null;
  readonly error: string;
}

export function specStore(db: Database): SpecStore {
  db.migrate('supervisor', migrations);
  return {
    insert(spec) {
      db.run("INSERT INTO supervised VALUES (?, ?, 'created', 0, NULL, NULL, NULL, '')", spec.id, JSON.stringify(spec));
    },
    saveSpec(spec) {
      db.run('UPDATE supervised SET spec = ? WHERE id = ?', JSON.stringify(spec), spec.id);
    },
    saveState(entry) {
      db.run(
        'UPDATE supervised SET status = ?, pid = ?, started_at = ?, finished_at = ?, exit = ?, error = ? WHERE id = ?',
        entry.status,
        entry.pid,
        entry.startedAt ?? null,
        entry.finishedAt ?? null,
        entry.exit ? JSON.stringify(entry.exit) : null,
        entry.error,
        entry.spec.id,
      );
    },
    delete(id) {
      db.run('DELETE FROM supervised WHERE id = ?', id);
    },
    list: () => db.all<Row>('SELECT spec, status, pid, started_at, finished_at, exit, error FROM supervised').map(read),
  };
}

function read(row: Row): StoredContainer {
  return {
    spec: JSON.parse(row.spec) as ContainerSpec,
    status: row.status,
    pid: row.pid,
    startedAt: row.started_at ?? undefined,
    finishedAt: row.finished_at ?? undefined,
    exit: row.exit ? (JSON.parse(row.exit) as ExitStatus) : undefined,
    error: row.error,
  };
}
