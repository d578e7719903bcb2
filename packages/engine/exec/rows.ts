/** Execs that run, in the metadata store: for a daemon that comes after one that was killed. */
import type { Database } from '#base';
import type { Exec, ExecRequest } from './record.ts';

const migrations = [
  'CREATE TABLE execs (id TEXT PRIMARY KEY, container TEXT NOT NULL, request TEXT NOT NULL, handle TEXT NOT NULL) STRICT, WITHOUT ROWID',
];

export interface StoredExec {
  readonly id: string;
  readonly containerId: string;
  readonly request: ExecRequest;
  /** By which the runtime finds the process again. */
  readonly handle: string;
}

export class ExecRows {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
    db.migrate('execs', migrations);
  }

  save({ id, containerId, request, process }: Exec): void {
    if (process?.handle === undefined) return;
    this.#db.run('INSERT OR REPLACE INTO execs VALUES (?, ?, ?, ?)', id, containerId, JSON.stringify(request), process.handle);
  }

  remove(id: string): void {
    this.#db.run('DELETE FROM execs WHERE id = ?', id);
  }

  all(): StoredExec[] {
    return this.#db
      .all<{ id: string; container: string; request: string; handle: string }>('SELECT id, container, request, handle FROM execs')
      .map(({ id, container, request, handle }) => ({ id, containerId: container, request: JSON.parse(request) as ExecRequest, handle }));
  }
}
