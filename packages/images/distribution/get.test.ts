import assert from 'node:assert/strict';
import { test } from 'node:test';
import { httpGet } from './get.ts';

test('an address of another scheme is refused in Go\'s words', async () => {
  await assert.rejects(httpGet(new URL('ftp://host/x'), new AbortController().signal), { kind: 'Internal', message: 'Get "ftp://host/x": unsupported protocol scheme "ftp"' });
});
