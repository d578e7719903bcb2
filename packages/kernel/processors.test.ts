import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allowedIn, processorCount } from './processors.ts';

test('the processors that a process may run on are counted over all words of the mask', () => {
  assert.equal(allowedIn('Name:\tnode\nCpus_allowed:\t3\nCpus_allowed_list:\t0-1\n'), 2);
  assert.equal(allowedIn('Cpus_allowed:\tff,ffffffff,00000001\n'), 41);
  assert.ok(processorCount() >= 1);
});
