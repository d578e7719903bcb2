import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { hash } from 'bcryptjs';
import { basicAuthority, bearerAuthority, createRegistryServer, htpasswdUsers, tokenService, type Users } from '#registry';
import { parseReference } from '#spec';
import { parseChallenges } from './distribution/challenge.ts';
import { fakeDaemon } from './images.fake.ts';
import type { RegistryAuth } from './port.ts';

const home = await mkdtemp(join(tmpdir(), 'naru-auth-'));
after(() => rm(home, { recursive: true, force: true }));
let users: Users;
let number = 0;

before(async () => {
  await writeFile(join(home, 'htpasswd'), `leduser:${await hash('ledpass', 4)}\n# comment\nplain:secret\n`);
  users = await htpasswdUsers(join(home, 'htpasswd'));
});

async function basicRegistry() {
  const server = await createRegistryServer({ root: join(home, String(number++)), authority: basicAuthority(users) });
  return { address: await server.listen(0), [Symbol.asyncDispose]: () => server.close() };
}

/** A registry that asks for tokens, and the service that gives them on the same address. Requests to it are counted. */
async function tokenRegistry() {
  const secret = Buffer.alloc(32, 7);
  const [service, issuer] = ['naru-registry', 'naru-test'];
  const asked: string[] = [];
  const issue = tokenService({ users, service, issuer, secret, permits: (name, access) => name !== undefined || (access.action === 'pull' && access.name.startsWith('public/')) });
  const server = await createRegistryServer({
    root: join(home, String(number++)),
    authority: bearerAuthority({ realm: '{host}/token', service, issuer, key: secret }),
    front: async (request, response) => {
      if (request.url?.startsWith('/token')) asked.push(`${request.method} ${request.url}`);
      return issue(request, response);
    },
  });
  return { address: await server.listen(0), asked, [Symbol.asyncDispose]: () => server.close() };
}

const auth: RegistryAuth = { username: 'leduser', password: 'ledpass' };
const report = (): void => {};

test('challenges are parsed, several in a header and quoted parameters included', () => {
  assert.deepEqual(parseChallenges('Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push"'), [
    { scheme: 'bearer', parameters: { realm: 'https://auth.docker.io/token', service: 'registry.docker.io', scope: 'repository:a/b:pull,push' } },
  ]);
  assert.deepEqual(parseChallenges('Negotiate, Basic realm="a \\"b\\"", Bearer realm=x').map(({ scheme }) => scheme), ['basic', 'bearer']);
  assert.deepEqual(parseChallenges(''), []);
});

test('Basic: without credentials, with wrong ones, with right ones', async () => {
  await using registry = await basicRegistry();
  await using daemon = fakeDaemon();
  const ref = parseReference(`${registry.address}/led/bb:1`);
  daemon.images.tag(ref, await daemon.build([{ a: 'x' }]));
  await assert.rejects(daemon.images.push(ref, {}, report), { message: 'no basic auth credentials' });
  await assert.rejects(daemon.images.pull(ref, {}, report), { message: `Head "http://${registry.address}/v2/led/bb/manifests/1": no basic auth credentials` });
  await assert.rejects(daemon.images.push(ref, { auth: { ...auth, password: 'no' } }, report), { kind: 'Unauthorized', message: 'unauthorized: authentication required' });
  await daemon.images.push(ref, { auth }, report);
  await daemon.images.pull(ref, { auth }, report);
});

test('login tells right from wrong in the words of Docker', async () => {
  await using registry = await basicRegistry();
  await using daemon = fakeDaemon();
  const serverAddress = registry.address;
  assert.deepEqual(await daemon.images.login({ ...auth, serverAddress }, {}), { identityToken: '' });
  for (const wrong of [{ ...auth, password: 'no' }, { username: 'nobody', password: 'x' }, { username: 'plain', password: 'secret' }]) {
    await assert.rejects(daemon.images.login({ ...wrong, serverAddress }, {}), { message: `login attempt to http://${serverAddress}/v2/ failed with status: 401 Unauthorized` });
  }
  await assert.rejects(daemon.images.login({ ...auth, serverAddress: '127.0.0.1:1' }, {}), { message: 'Get "http://127.0.0.1:1/v2/": dial tcp 127.0.0.1:1: connect: connection refused' });
});

test('tokens: the whole walk, with scopes, kept while they last', async () => {
  await using registry = await tokenRegistry();
  await using one = fakeDaemon();
  await using two = fakeDaemon();
  const ref = parseReference(`${registry.address}/public/app:1`);
  one.images.tag(ref, await one.build([{ a: 'x' }, { b: 'y' }]));
  await assert.rejects(one.images.push(ref, {}, report), { kind: 'Forbidden', message: 'denied: requested access to the resource is denied' });
  registry.asked.length = 0;
  await one.images.push(ref, { auth }, report);
  assert.deepEqual(registry.asked, ['GET /token?service=naru-registry&scope=repository%3Apublic%2Fapp%3Apull%2Cpush&account=leduser']);
  await two.images.pull(ref, {}, report);
  const secret = parseReference(`${registry.address}/secret/app:1`);
  await assert.rejects(two.images.pull(secret, {}, report), {
    kind: 'NotFound',
    message: `pull access denied for ${registry.address}/secret/app, repository does not exist or may require 'docker login': denied: requested access to the resource is denied`,
  });
  await assert.rejects(two.images.pull(ref, { auth: { ...auth, password: 'no' } }, report), {
    kind: 'Unauthorized',
    message: `Head "http://${registry.address}/v2/public/app/manifests/1": unauthorized: incorrect username or password`,
  });
  await assert.rejects(one.images.push(ref, { auth: { ...auth, password: 'no' } }, report), { message: 'unauthorized: incorrect username or password' });
});

test('tokens: an identity token stands for name and password', async () => {
  await using registry = await tokenRegistry();
  await using daemon = fakeDaemon();
  const form = new URLSearchParams({ grant_type: 'password', username: 'leduser', password: 'ledpass', service: 'naru-registry', access_type: 'offline' });
  const granted = (await (await fetch(`http://${registry.address}/token`, { method: 'POST', body: form })).json()) as { refresh_token: string };
  const ref = parseReference(`${registry.address}/secret/app:1`);
  daemon.images.tag(ref, await daemon.build([{ a: 'x' }]));
  await daemon.images.push(ref, { auth: { identityToken: granted.refresh_token } }, report);
  await assert.rejects(daemon.images.push(ref, { auth: { identityToken: 'forged' } }, report), { kind: 'Unauthorized' });
  assert.equal((await fetch(`http://${registry.address}/v2/`, { headers: { Authorization: `Bearer ${granted.refresh_token}` } })).status, 401);
});

test('login at a token service gives an identity token to keep instead of the password', async () => {
  await using registry = await tokenRegistry();
  await using daemon = fakeDaemon();
  const { identityToken } = await daemon.images.login({ ...auth, serverAddress: registry.address }, {});
  assert.notEqual(identityToken, '');
  const ref = parseReference(`${registry.address}/kept/app:1`);
  daemon.images.tag(ref, await daemon.build([{ a: 'x' }]));
  await daemon.images.push(ref, { auth: { identityToken } }, report);
  await assert.rejects(daemon.images.login({ ...auth, password: 'no', serverAddress: registry.address }, {}), { kind: 'Unauthorized', message: `Get "http://${registry.address}/v2/": unauthorized: incorrect username or password` });
});

test('a registry that wants something else than some minutes ago is asked again, one that is busy too; it is told who asks', async () => {
  let challenge = 'Basic realm="r"';
  const agents: string[] = [];
  let busy = 1;
  const server = createServer((request, response) => {
    agents.push(request.headers['user-agent'] ?? '');
    if (request.url?.startsWith('/token') && busy-- > 0) response.writeHead(503).end('{"errors":[{"code":"UNAVAILABLE","message":"later"}]}');
    else if (request.url?.startsWith('/token')) response.writeHead(401).end('{"errors":[{"Code":"UNAUTHORIZED","message":"a reason"}]}');
    else response.writeHead(401, { 'WWW-Authenticate': challenge }).end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  try {
    const { port } = server.address() as AddressInfo;
    await using daemon = fakeDaemon();
    const ref = parseReference(`127.0.0.1:${port}/led/bb:1`);
    daemon.images.tag(ref, await daemon.build([{ a: 'x' }]));
    const anonymous = { auth: { upstreamClient: 'Client/1 (linux)' } };
    await assert.rejects(daemon.images.push(ref, anonymous, report), { message: 'no basic auth credentials' });
    challenge = `Bearer realm="http://127.0.0.1:${port}/token",service="s"`;
    await assert.rejects(daemon.images.push(ref, anonymous, report), { message: 'unauthorized: a reason' });
    assert.deepEqual([...new Set(agents)], ['naru/test UpstreamClient(Client/1 \\(linux\\))']);
  } finally {
    server.close();
  }
});

test('a blob is mounted from another repository with a token for both', async () => {
  await using registry = await tokenRegistry();
  await using daemon = fakeDaemon();
  const id = await daemon.build([{ a: 'x' }]);
  const told: string[] = [];
  for (const name of ['one', 'two']) {
    const ref = parseReference(`${registry.address}/team/${name}:1`);
    daemon.images.tag(ref, id);
    await daemon.images.push(ref, { auth }, (each) => told.push(...daemon.lines([each])));
  }
  assert.ok(told.some((line) => line.endsWith('Mounted from team/one')), told.join('\n'));
});
