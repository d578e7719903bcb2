import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classicOptions } from './mount-options.ts';

test('classic options are flags and data', () => {
  assert.deepEqual(classicOptions(['ro', 'nodev', 'lowerdir=/a:/b', 'volatile']), { flags: 5, data: ['lowerdir=/a:/b', 'volatile'] });
  assert.deepEqual(classicOptions(['defaults', 'rw', 'suid', 'rbind', 'nosymfollow', 'strictatime', 'uid=5']), { flags: 0x100_5100, data: ['uid=5'] });
});
