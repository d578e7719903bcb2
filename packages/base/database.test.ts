import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { Database } from './database.ts';
import { Reserve } from './reserve.ts';

suite('a disk that is full', () => {
  let directory: string;
  before(() => (directory = mkdtempSync(join(tmpdir(), 'database-'))));
  after(() => rmSync(directory, { recursive: true }));

  /** As SQLite tells of a full disk, which no unit test can fill. */
  function full(db: Database): void {
    const { page_count: pages } = db.get<{ page_count: number }>('PRAGMA page_count') ?? { page_count: 0 };
    db.get(`PRAGMA max_page_count = ${pages}`);
  }

  test('what cannot be written is told, undone whole, and harms nothing that follows', () => {
    using db = new Database(':memory:');
    db.migrate('room', ['CREATE TABLE things (name TEXT) STRICT']);
    full(db);
    let tries = 0;
    const fill = (): void => db.transaction(() => {
      tries++;
      db.run('INSERT INTO things VALUES (?)', 'first');
      db.run('INSERT INTO things VALUES (?)', 'x'.repeat(100_000));
    });
    for (let round = 0; round < 2; round++) assert.throws(fill, /^Error: database or disk is full$/);
    assert.equal(tries, 4); // each a second time, in a log begun anew
    assert.deepEqual(db.all('SELECT * FROM things'), []);
    assert.throws(() => db.run('INSERT INTO things VALUES (?)', 'x'.repeat(100_000)), /full/);
    db.get('PRAGMA max_page_count = 100000');
    fill();
    assert.equal(db.all('SELECT * FROM things').length, 2);
  });

  test('room is laid by in the files and beside them; what is beside goes for what must be written', () => {
    const [path, reserve] = [join(directory, 'a.db'), join(directory, 'reserve')];
    using db = new Database(path, { reserve });
    for (const [file, bytes] of [[path, 1 << 20], [`${path}-wal`, 1 << 20], [reserve, 2 << 20]] as const) assert.ok(statSync(file).size >= bytes, file);
    db.migrate('room', ['CREATE TABLE things (name TEXT) STRICT']);
    full(db);
    const length = statSync(path).size;
    for (let i = 0; i < 500; i++) db.run('INSERT INTO things VALUES (?)', 'x'.repeat(1000)); // in the pages that are free
    assert.equal(existsSync(reserve), true);
    assert.equal(statSync(path).size, length);
    db.transaction(() => {
      db.run('INSERT INTO things VALUES (?)', 'small');
      if (existsSync(reserve)) db.run('INSERT INTO things VALUES (?)', 'x'.repeat(4_000_000)); // fits only once it has gone
    });
    assert.equal(existsSync(reserve), false);
    assert.equal(db.all('SELECT * FROM things').length, 501);
  });

  test('of a file with much free room no more is laid by than is needed', () => {
    const path = join(directory, 'once-large.db');
    const reserve = join(directory, 'its-reserve');
    {
      using db = new Database(path, { reserve });
      db.migrate('room', ['CREATE TABLE things (name TEXT) STRICT']);
      for (let i = 0; i < 12; i++) db.run('INSERT INTO things VALUES (?)', 'x'.repeat(1 << 20));
      db.run('DELETE FROM things');
    }
    using db = new Database(path, { reserve });
    assert.ok(statSync(`${path}-wal`).size < 4 << 20);
    assert.equal(db.hasPlenty(), true);
  });

  test('on a disk that is full what lies beside it is the log, and is laid by again at the end, never given back between', (context) => {
    const [path, reserve] = [join(directory, 'tight.db'), join(directory, 'its-room')];
    const room = (file: string): bigint | undefined => statSync(file, { bigint: true, throwIfNoEntry: false })?.ino;
    {
      using db = new Database(path, { reserve });
      db.migrate('room', ['CREATE TABLE things (name TEXT) STRICT']);
    }
    const inode = room(reserve);
    context.mock.method(Reserve.prototype, 'hasPlenty', () => false);
    for (let round = 0; round < 3; round++) {
      using db = new Database(path, { reserve });
      assert.deepEqual([room(`${path}-wal`), room(reserve)], [inode, undefined]);
      assert.equal(db.all('SELECT * FROM things').length, round); // of the round before nothing is told again
      db.run('INSERT INTO things VALUES (?)', `${round}`);
      db.run('UPDATE things SET name = name || ?', 'x');
      db[Symbol.dispose]();
      assert.deepEqual([room(`${path}-wal`), room(reserve)], [undefined, inode]);
    }
    using db = new Database(path, { reserve });
    assert.deepEqual(db.all<{ name: string }>('SELECT * FROM things').map(({ name }) => name), ['0xxx', '1xx', '2x']);
  });

  test("where the log's index has no room none is made", () => {
    const path = join(directory, 'no-index.db');
    {
      using db = new Database(path);
      db.migrate('room', ['CREATE TABLE things (name TEXT) STRICT']);
    }
    symlinkSync('/dev/full', `${path}-shm`);
    using db = new Database(path);
    db.run('INSERT INTO things VALUES (?)', 'written');
    assert.equal(db.all('SELECT * FROM things').length, 1);
  });
});

test('nobody else reads the store, nor one that an earlier version left', () => {
  const directory = mkdtempSync(join(tmpdir(), 'database-'));
  const path = join(directory, 'db');
  const modes = () => readdirSync(directory).toSorted().map((name) => [name, (statSync(join(directory, name)).mode & 0o777).toString(8)]);
  const own = ['db', 'db-shm', 'db-wal'].map((name) => [name, '600']);
  try {
    for (const _ of ['new', 'there before']) {
      using _db = new Database(path);
      assert.deepEqual(modes(), own);
      chmodSync(path, 0o644);
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
});
