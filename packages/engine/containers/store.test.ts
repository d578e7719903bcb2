import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Database } from '#base';
import { exampleRecord } from '../fakes.ts';
import { inventName, parseContainerName } from './names.ts';
import { containerStore } from './store.ts';

test('containers are found by id, prefix and name, and are there again after a restart', () => {
  const db = new Database(':memory:');
  const store = containerStore(db);
  store.insert(exampleRecord({ id: `ab${'0'.repeat(62)}`, name: 'one', created: 1 }));
  store.insert(exampleRecord({ id: `ac${'0'.repeat(62)}`, name: 'two', created: 2 }));
  for (const again of [store, containerStore(db)]) {
    assert.equal(again.find('one').created, 1);
    assert.equal(again.find('/two').created, 2);
    assert.equal(again.find('ab').name, 'one');
    assert.deepEqual(again.list().map((record) => record.name), ['two', 'one']);
    assert.throws(() => again.find('a'), { kind: 'InvalidArgument', message: 'multiple IDs found with provided prefix: a' });
    assert.throws(() => again.find('three'), { kind: 'NotFound', message: 'No such container: three' });
    assert.throws(() => again.find(''), { kind: 'InvalidArgument', message: 'invalid name or ID supplied: ""' });
  }
});

test('who has a link to a container is known without looking through all, and after a restart', () => {
  const db = new Database(':memory:');
  const store = containerStore(db);
  for (const [id, links] of [['child', []], ['first', ['child:db']], ['second', ['child:store', 'first:f']]] as const) store.insert(exampleRecord({ id, name: id, links: [...links] }));
  const parents = (of = store) => of.parentsOf('child').map(({ id }) => id);
  assert.deepEqual([parents(), parents(containerStore(db))], [['first', 'second'], ['first', 'second']]);
  store.update('first', { links: [] });
  store.update('second', { name: 'other' });
  assert.deepEqual(parents(), ['second']);
  store.delete('second');
  assert.deepEqual([parents(), store.parentsOf('first')], [[], []]);
});

test('a name is held by one container at a time', () => {
  const store = containerStore(new Database(':memory:'));
  const id = 'a'.repeat(64);
  {
    using _reserved = store.reserveName('x', id);
    assert.throws(() => store.reserveName('x', 'b'.repeat(64)), { kind: 'Conflict', message: /^Conflict\. The container name "\/x" is already in use by container "a{64}"\. You have to remove \(or rename\)/ });
  }
  {
    using _reserved = store.reserveName('x', id);
    store.insert(exampleRecord({ id, name: 'x' }));
  }
  assert.throws(() => store.reserveName('x', 'b'), { kind: 'Conflict' });
  {
    using _reserved = store.reserveName('y', id);
    store.update(id, { name: 'y' });
  }
  assert.equal(store.find('y').id, id);
  assert.throws(() => store.find('x'), { kind: 'NotFound' });
  store.delete(id);
  assert.throws(() => store.find('y'), { kind: 'NotFound' });
});

test('names have a shape, and invented ones keep it', () => {
  assert.equal(parseContainerName('/web-1'), 'web-1');
  for (const bad of ['bad name', '-x', 'a', '', 'ä1']) assert.throws(() => parseContainerName(bad), { kind: 'InvalidArgument' });
  const asked: string[] = [];
  const name = inventName((candidate) => asked.push(candidate) < 3);
  assert.equal(asked.length, 3);
  assert.equal(parseContainerName(name), name);
  assert.match(name, /^[a-z]+_[a-z]+\d+$/);
});

test('a link gives the linked container another name, which follows the one that calls it', () => {
  const store = containerStore(new Database(':memory:'));
  const [called, caller] = ['a'.repeat(64), 'b'.repeat(64)];
  store.insert(exampleRecord({ id: called, name: 'db' }));
  store.insert(exampleRecord({ id: caller, name: 'web', links: [`${called}:store`] }));
  assert.equal(store.find('/web/store').id, called);
  store.update(caller, { name: 'shop' });
  assert.equal(store.find('shop/store').id, called);
  assert.throws(() => store.find('web/store'), { kind: 'NotFound', message: 'No such container: web/store' });
});

test('what an older daemon has stored is there', () => {
  const db = new Database(':memory:');
  db.migrate('containers', ['CREATE TABLE containers (id TEXT PRIMARY KEY, record TEXT NOT NULL) STRICT, WITHOUT ROWID', 'ALTER TABLE containers ADD COLUMN health TEXT']);
  const record = exampleRecord({ name: 'old' });
  const health = { status: 'healthy', failingStreak: 0, log: [] };
  db.run('INSERT INTO containers VALUES (?, ?, ?)', record.id, JSON.stringify(record), JSON.stringify(health));
  const store = containerStore(db);
  assert.deepEqual(store.find('old'), record);
  assert.deepEqual(store.healthOf(record.id), health);
});
