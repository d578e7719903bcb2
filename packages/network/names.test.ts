import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newId } from '#base';
import { bridgeMacOf, bridgeNameOf, isNaruBridge } from './names.ts';

test('a bridge of ours is told from one of dockerd, whose name has the same form', () => {
  const id = newId();
  assert.ok(isNaruBridge({ name: bridgeNameOf(id), mac: bridgeMacOf(id) }));
  assert.ok(isNaruBridge({ name: 'naru0', mac: '' }));
  assert.ok(!isNaruBridge({ name: bridgeNameOf(id), mac: bridgeMacOf(newId().replace(/^./, id.startsWith('0') ? '1' : '0')) }));
  assert.ok(!isNaruBridge({ name: 'docker0', mac: bridgeMacOf(id) }));
});
