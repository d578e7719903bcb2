import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EventMessage } from '#spec';
import { includesEvent } from './event-filter.ts';

const die: EventMessage = {
  Type: 'container', Action: 'die', scope: 'local', time: 1, timeNano: 1n,
  Actor: { ID: 'abc123', Attributes: { image: 'localhost:5000/bb:1', name: 'web', tier: 'front' } },
};

test('each filter narrows, several values of one widen', () => {
  const cases: [Record<string, string[]>, boolean][] = [
    [{}, true],
    [{ type: ['container'] }, true],
    [{ type: ['image'] }, false],
    [{ event: ['start', 'die'] }, true],
    [{ container: ['web'] }, true],
    [{ container: ['abc'] }, true],
    [{ container: ['other'] }, false],
    [{ volume: ['web2'] }, false],
    [{ image: ['localhost:5000/bb'] }, true],
    [{ image: ['localhost:5000/bb:1'] }, true],
    [{ image: ['bb'] }, false],
    [{ label: ['tier=front'] }, true],
    [{ label: ['tier=back'] }, false],
    [{ scope: ['swarm'] }, false],
  ];
  for (const [filters, expected] of cases) {
    assert.equal(includesEvent(new Map(Object.entries(filters)), die), expected, JSON.stringify(filters));
  }
});

test('an action with a detail is found without it', () => {
  const exec = { ...die, Action: 'exec_create: sh -c true' };
  assert.equal(includesEvent(new Map([['event', ['exec_create']]]), exec), true);
  assert.equal(includesEvent(new Map([['event', ['exec_die']]]), exec), false);
});
