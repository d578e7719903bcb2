import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ApiRequest } from '../router.ts';
import { pushAuthOf, registryAuth, registryAuths } from './header.ts';

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

test('credentials come in fields or in one', () => {
  assert.deepEqual(registryAuth(encode({ username: 'u', password: 'p', serveraddress: 's' })), { username: 'u', password: 'p', serverAddress: 's' });
  assert.deepEqual(registryAuth(encode({ auth: Buffer.from('u:p:q').toString('base64') })), { username: 'u', password: 'p:q' });
  assert.deepEqual(registryAuth(encode({ identitytoken: 't' })), { identityToken: 't' });
});

test('what cannot be read is no credentials', () => {
  for (const header of [undefined, '', '%%%', encode(3), encode(null)]) assert.deepEqual(registryAuth(header), {});
});

test('a build brings credentials for several registries', () => {
  assert.deepEqual(registryAuths(encode({ 'r:5000': { username: 'u', password: 'p' } })), { 'r:5000': { username: 'u', password: 'p' } });
});

test('a push brings its credentials in the body where no header has them', async () => {
  const push = (body: string | undefined) => pushAuthOf({ headers: {}, peek: async () => (body === undefined ? body : Buffer.from(body)) } as unknown as ApiRequest);
  assert.deepEqual(await push('{"username":"u","password":"p"}'), { username: 'u', password: 'p' });
  await assert.rejects(push(' '), /invalid X-Registry-Auth header: EOF/);
  await assert.rejects(push(undefined), /invalid X-Registry-Auth header: larger than 1048576 bytes/);
});
