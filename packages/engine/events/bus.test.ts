import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Database } from '#base';
import type { EventMessage } from '#spec';
import { systemClock } from '../clock.ts';
import { eventBus } from './bus.ts';
import { eventLog } from './log.ts';

test('what is about no single object has no id', () => {
  using bus = eventBus(eventLog(new Database(':memory:'), assert.ifError), systemClock());
  const pruned = bus.publish('image', 'prune', '', { reclaimed: '0' });
  assert.deepEqual([pruned.status, 'id' in pruned, pruned.Actor.ID], ['prune', false, '']);
});

test('events reach listeners at once and a later daemon by replay', () => {
  const db = new Database(':memory:');
  const heard: EventMessage[] = [];
  const { first, second } = (() => {
    using bus = eventBus(eventLog(db, assert.ifError), systemClock());
    using _listening = bus.subscribe((event) => heard.push(event));
    assert.equal(bus.listeners, 1);
    return {
      first: bus.publish('container', 'start', 'c1', { name: 'x', image: 'bb', a: '1' }),
      second: bus.publish('network', 'connect', 'n1', { name: 'bridge' }),
    };
  })();
  assert.deepEqual(heard, [first, second]);
  assert.deepEqual({ ...first, time: 0, timeNano: 0n }, {
    status: 'start', id: 'c1', from: 'bb', Type: 'container', Action: 'start',
    Actor: { ID: 'c1', Attributes: { a: '1', image: 'bb', name: 'x' } }, scope: 'local', time: 0, timeNano: 0n,
  });
  assert.equal(second.status, undefined);
  const later = eventBus(eventLog(db, assert.ifError), systemClock());
  assert.deepEqual(later.replay(undefined, undefined), [first, second]);
  assert.deepEqual(later.replay(second.timeNano, undefined), [second]);
  assert.deepEqual(later.replay(undefined, first.timeNano), [first]);
});

test('events that cannot be written wait, are told all the same, and are written once they can be', () => {
  const db = new Database(':memory:');
  const troubles: unknown[] = [];
  using bus = eventBus(eventLog(db, (error) => troubles.push(error)), systemClock());
  const { page_count: pages } = db.get<{ page_count: number }>('PRAGMA page_count') ?? { page_count: 0 };
  db.get(`PRAGMA max_page_count = ${pages}`);
  const published = Array.from({ length: 50 }, (_, i) => bus.publish('container', 'start', `c${i}`, { name: 'x'.repeat(500) }));
  assert.deepEqual(bus.replay(undefined, undefined), published);
  assert.deepEqual(bus.replay(published[10]?.timeNano, published[20]?.timeNano), published.slice(10, 21));
  assert.match(String(troubles), /^Error: database or disk is full$/); // once
  db.get('PRAGMA max_page_count = 100000');
  assert.deepEqual(bus.replay(undefined, undefined), published);
  assert.equal(db.get<{ n: number }>('SELECT count(*) AS n FROM events')?.n, 50);
});

test('events take none of the room that is laid by for a full disk, and wait for more', (context) => {
  const db = new Database(':memory:');
  const plenty = context.mock.method(db, 'hasPlenty', () => false);
  const troubles: unknown[] = [];
  const stored = (): number | undefined => db.get<{ n: number }>('SELECT count(*) AS n FROM events')?.n;
  using bus = eventBus(eventLog(db, (error) => troubles.push(error)), systemClock());
  const event = bus.publish('container', 'start', 'c1');
  assert.deepEqual(bus.replay(undefined, undefined), [event]);
  assert.deepEqual([stored(), String(troubles)], [0, 'Internal: no space left on device']);
  plenty.mock.restore();
  assert.deepEqual([bus.replay(undefined, undefined), stored()], [[event], 1]);
});

test('a log that has been disposed of tries no more', (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const db = new Database(':memory:');
  const bus = eventBus(eventLog(db, () => undefined), systemClock());
  const plenty = context.mock.method(db, 'hasPlenty', () => false);
  bus.publish('container', 'start', 'c1');
  bus[Symbol.dispose]();
  context.mock.timers.tick(60_000);
  assert.equal(plenty.mock.callCount(), 1);
});

test('what was told while the clock was years ahead does not outlive what happens now', () => {
  const db = new Database(':memory:');
  const ahead = 1n << 61n;
  const tell = (from: bigint, count: number): void => {
    using log = eventLog(db, assert.ifError);
    for (let i = 0n; i < count; i++) log.append({ Type: 'image', Action: 'pull', Actor: { ID: '', Attributes: {} }, scope: 'local', time: 0, timeNano: from + i });
  };
  tell(ahead, 11_000);
  tell(1_000n, 2_500);
  using later = eventLog(db, assert.ifError);
  assert.equal(later.read(1_000n, 4_000n).length, 2_500);
  assert.equal(later.read(0n, undefined).length, 10_000);
});
