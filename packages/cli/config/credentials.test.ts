import assert from 'node:assert/strict';
import { test } from 'node:test';
import { credentialsOrNone } from './credentials.ts';

test("the helper of one registry that fails takes nothing from the others; the one for all takes all", async () => {
  const values = { auths: { 'a.example': { auth: 'YTpi' } }, credHelpers: { 'b.example': 'absent' } };
  const config = { path: '/nonexistent/config.json', complaint: undefined };
  assert.deepEqual(await credentialsOrNone({ ...config, values }), { 'a.example': { username: 'a', password: 'b', serveraddress: 'a.example' } });
  assert.deepEqual(await credentialsOrNone({ ...config, values: { ...values, credsStore: 'absent' } }), {});
});
