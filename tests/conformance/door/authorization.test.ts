/** Authorization plugins: asked about every request and every answer; what they deny, or do not answer, is refused. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { call, errorOf } from '../../support/api.ts';
import { root, run } from '../../support/command.ts';
import { Daemon } from '../../support/daemon.ts';
import { importBusybox } from '../../support/images.ts';
import { TestPlugin } from '../../support/plugin.ts';

const rootOnly = { skip: process.getuid?.() === 0 ? false : 'narud needs root' };

async function temporary(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'naru-authz-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

interface Told {
  readonly RequestUri: string;
  readonly RequestMethod: string;
  readonly RequestBody?: string;
}

/** Denies what its tests deny: volumes called `secret`, answers of `/version`. */
function judge(told: Told, phase: 'request' | 'response'): object {
  const body = Buffer.from(told.RequestBody ?? '', 'base64').toString();
  const denied = phase === 'request' ? body.includes('secret') : told.RequestUri.endsWith('/version');
  return { Allow: !denied, Msg: denied ? `not this ${phase}` : '' };
}

test('a plugin has its word about each request and each answer', rootOnly, async () => {
  await using directory = await temporary();
  const { path: sockets } = directory;
  await using plugin = await TestPlugin.start(sockets, 'gate', 'authz', {
    'AuthZPlugin.AuthZReq': (told) => judge(told, 'request'),
    'AuthZPlugin.AuthZRes': (told) => judge(told, 'response'),
  });
  await using daemon = await Daemon.start('--plugin-sockets', sockets, '--authorization-plugin', 'gate');
  await importBusybox(daemon);
  assert.equal((await call(daemon, 'POST', '/volumes/create', { Name: 'open' })).status, 201);
  assert.equal(errorOf(await call(daemon, 'POST', '/v1.41/volumes/create', { Name: 'secret' }), 403), 'authorization denied by plugin gate: not this request');
  assert.equal((await call(daemon, 'GET', '/volumes/secret')).status, 404);
  assert.equal(errorOf(await call(daemon, 'GET', '/version'), 403), 'authorization denied by plugin gate: not this response');
  const told = plugin.of('AuthZPlugin.AuthZReq').find(({ RequestUri }) => RequestUri === '/v1.41/volumes/create');
  assert.deepEqual(JSON.parse(Buffer.from(told.RequestBody, 'base64').toString()), { Name: 'secret' });
  assert.equal(told.RequestMethod, 'POST');
  assert.equal(told.RequestHeaders['Content-Type'], 'application/json');
  const answered = plugin.of('AuthZPlugin.AuthZRes').find(({ RequestUri }) => RequestUri === '/volumes/create');
  assert.equal(answered.ResponseStatusCode, 201);
  assert.equal(JSON.parse(Buffer.from(answered.ResponseBody, 'base64').toString()).Name, 'open');
  await call(daemon, 'POST', '/auth', { username: 'u', password: 'p', serveraddress: 'http://127.0.0.1:1' });
  assert.equal(plugin.of('AuthZPlugin.AuthZReq').find(({ RequestUri }) => RequestUri === '/auth').RequestBody, undefined);
  assert.equal(answered.ResponseHeaders['Content-Type'], 'application/json');
  await call(daemon, 'GET', '/distribution/127.0.0.1:1/x/json', undefined, { 'X-Registry-Auth': 'e30=' });
  assert.equal(plugin.of('AuthZPlugin.AuthZReq').find(({ RequestUri }) => RequestUri.startsWith('/distribution/')).RequestHeaders['X-Registry-Auth'], undefined);
  assert.match(errorOf(await call(daemon, 'POST', '/volumes/create', { Name: 'secret', Labels: { padding: 'x'.repeat(1 << 20) } }), 500), /^request body too large for authorization plugin: size exceeds 1048576 bytes$/);
  assert.match((await call(daemon, 'POST', '/images/busybox/push', { username: 3 })).text, /invalid X-Registry-Auth header: .*username/);
  assert.equal(await daemon.ok('docker', ['run', '--rm', 'busybox', 'echo', 'streams pass']), 'streams pass');
});

test('a plugin that has gone lets nothing through', rootOnly, async () => {
  await using directory = await temporary();
  const { path: sockets } = directory;
  let plugin = await TestPlugin.start(sockets, 'gate', 'authz', { 'AuthZPlugin.AuthZReq': () => ({ Allow: true }), 'AuthZPlugin.AuthZRes': () => ({ Allow: true }) });
  const daemon = await Daemon.start('--plugin-sockets', sockets, '--authorization-plugin', 'gate');
  try {
    await plugin[Symbol.asyncDispose]();
    assert.match(errorOf(await call(daemon, 'GET', '/containers/json'), 500), /^plugin gate failed with error: Post "http:\/\/.*gate\.sock\/AuthZPlugin\.AuthZReq": connect ENOENT/);
    plugin = await TestPlugin.start(sockets, 'gate', 'authz', { 'AuthZPlugin.AuthZReq': () => ({ Allow: true }), 'AuthZPlugin.AuthZRes': () => ({ Err: 'out of order' }) });
    assert.equal(errorOf(await call(daemon, 'GET', '/containers/json'), 500), 'plugin gate failed with error: AuthZPlugin.AuthZRes: out of order');
  } finally {
    await daemon.down();
    await daemon[Symbol.asyncDispose]();
    await plugin[Symbol.asyncDispose]();
  }
});

test('a plugin that is not there keeps the daemon from starting', rootOnly, async () => {
  await using directory = await temporary();
  const at = (name: string): string => join(directory.path, name);
  const flags = ['-H', `unix://${at('sock')}`, '--data-root', at('data'), '--exec-root', at('exec'), '--pidfile', at('pid')];
  const { code, stderr } = await run(join(root, 'bin/narud'), [...flags, '--authorization-plugin', 'ghost']);
  assert.equal(code, 1);
  assert.match(stderr, /error validating authorization plugin: plugin "ghost" not found/);
});
