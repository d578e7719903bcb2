import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMountOptions, rootPropagation } from './options.ts';

const parse = (...options: string[]) => parseMountOptions(options, '/x');

test('attributes, the last word wins', () => {
  assert.deepEqual([parse('ro', 'nosuid', 'nodev', 'noexec').set, parse('ro', 'rw').set, parse('ro', 'rw').clear], [0xfn, 0n, 1n]);
  assert.deepEqual([parse('strictatime').set, parse('strictatime').clear], [0x20n, 0x70n]);
});

test('recursive attributes and propagation are kept apart from plain ones', () => {
  const { set, setAll, propagation, propagationAll } = parse('rro', 'rnosuid', 'nodev', 'rprivate', 'slave');
  assert.deepEqual([set, setAll, propagation, propagationAll], [4n, 3n, 0x80000, 0x40000]);
});

test('what is nobody else\'s belongs to the file system', () => {
  const { bind, recursiveBind, copyUp, parameters } = parse('rbind', 'size=65536k', 'mode=755', 'tmpcopyup', 'defaults');
  assert.deepEqual([bind, recursiveBind, copyUp, parameters], [true, true, true, ['size=65536k', 'mode=755']]);
  assert.throws(() => parse('remount'), /not supported/);
});

test('root propagation', () => {
  assert.deepEqual([rootPropagation(undefined), rootPropagation('rshared'), rootPropagation('private')], [0x84000, 0x104000, 0x40000]);
  assert.throws(() => rootPropagation('sideways'), /rootfsPropagation=sideways/);
});
