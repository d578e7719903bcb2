import assert from 'node:assert/strict';
import { test } from 'node:test';
import { httpGet } from './get.ts';

test('an address of another scheme is refused in Go\'s words', async () => {
  await assert.rejects(httpGet('ftp://host/x', new AbortController().signal), { kind: 'Internal', message: 'Get "ftp://host/x": unsupported protocol scheme "ftp"' });
});

test('an address is told as it was given, but for its password', async () => {
  const addresses = {
    'http://127.0.0.1:1': 'http://127.0.0.1:1', 'http://127.0.0.1:1?a=/b': 'http://127.0.0.1:1?a=/b', 'http://127.0.0.1:1/': 'http://127.0.0.1:1/',
    'http://u:secret@127.0.0.1:1': 'http://u:***@127.0.0.1:1', 'http://u:s%40t@127.0.0.1:1/x y': 'http://u:***@127.0.0.1:1/x%20y', 'http://u@127.0.0.1:1': 'http://u@127.0.0.1:1',
  };
  for (const [address, told] of Object.entries(addresses)) {
    await assert.rejects(httpGet(address, new AbortController().signal), { message: `Get "${told}": dial tcp 127.0.0.1:1: connect: connection refused` });
  }
});
