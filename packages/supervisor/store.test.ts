import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Database } from '#base';
import { exampleSpec } from './fakes.ts';
import type { ContainerSpec } from './port.ts';
import { specStore } from './store.ts';

test('what an older daemon has stored is there, and goes on', () => {
  const db = new Database(':memory:');
  db.migrate('supervisor', [
    `CREATE TABLE supervised (id TEXT PRIMARY KEY, spec TEXT NOT NULL, status TEXT NOT NULL, pid INTEGER NOT NULL,
       started_at INTEGER, finished_at INTEGER, exit TEXT, error TEXT NOT NULL) STRICT, WITHOUT ROWID`,
  ]);
  const spec = JSON.parse(JSON.stringify(exampleSpec())) as ContainerSpec;
  const exit = { code: 137, signal: 9, oomKilled: false, at: 7 };
  db.run('INSERT INTO supervised VALUES (?, ?, ?, ?, ?, ?, ?, ?)', spec.id, JSON.stringify(spec), 'exited', 0, 5, 7, JSON.stringify(exit), 'x');
  const store = specStore(db);
  const old = { spec, status: 'exited', pid: 0, startedAt: 5, finishedAt: 7, exit, error: 'x' } as const;
  assert.deepEqual(store.list(), [old]);
  store.saveState({ ...old, status: 'running', pid: 42 });
  assert.deepEqual(specStore(db).list(), [{ ...old, status: 'running', pid: 42 }]);
});
