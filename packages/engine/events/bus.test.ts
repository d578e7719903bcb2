import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Database } from '#base';
import type { EventMessage } from '#spec';
import { systemClock } from '../clock.ts';
import { eventBus } from './bus.ts';
import { eventLog } from './log.ts';

test('what is about no single object has no id', () => {
  using bus = eventBus(eventLog(new Database(':memory:')), systemClock());
  const pruned = bus.publish('image', 'prune', '', { reclaimed: '0' });
  assert.deepEqual([pruned.status, 'id' in pruned, pruned.Actor.ID], ['prune', false, '']);
});

test('events reach listeners at once and a later daemon by replay', () => {
  const db = new Database(':memory:');
  const heard: EventMessage[] = [];
  const { first, second } = (() => {
    using bus = eventBus(eventLog(db), systemClock());
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
  const later = eventBus(eventLog(db), systemClock());
  assert.deepEqual(later.replay(undefined, undefined), [first, second]);
  assert.deepEqual(later.replay(second.timeNano, undefined), [second]);
  assert.deepEqual(later.replay(undefined, first.timeNano), [first]);
});
