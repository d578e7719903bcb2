import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mapsEverything, mapsGroup, overlayAttribute } from './user-namespace.ts';

test('the initial user namespace is told from one with a map of its own', () => {
  assert.equal(mapsEverything('         0          0 4294967295\n'), true);
  assert.equal(mapsEverything('         0       1001          1\n         1     100000      65535\n'), false);
  assert.equal(mapsEverything('         0       1001          1\n'), false);
});

test('a group is mapped when one of the lines holds it', () => {
  assert.equal(mapsGroup(5, '         0       1001          1\n'), false);
  assert.equal(mapsGroup(5, '         0       1001          1\n         1     100000      65535\n'), true);
});

test("overlay's marks are where the kernel lets them be set", () => {
  assert.equal(overlayAttribute('opaque', false), 'trusted.overlay.opaque');
  assert.equal(overlayAttribute('opaque', true), 'user.overlay.opaque');
});
