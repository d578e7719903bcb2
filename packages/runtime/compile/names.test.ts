import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unraisableCapabilities } from './names.ts';

test('ambient capabilities are given where they are permitted and inheritable too', () => {
  const sets = { ambient: ['CAP_KILL', 'CAP_CHOWN', 'CAP_SYSLOG', 'CAP_OF_TOMORROW'], permitted: ['CAP_KILL', 'CAP_CHOWN'], inheritable: ['CAP_KILL', 'CAP_SYSLOG'] };
  assert.deepEqual(unraisableCapabilities(sets), ['CAP_CHOWN', 'CAP_SYSLOG']);
  assert.deepEqual(unraisableCapabilities(undefined), []);
});
