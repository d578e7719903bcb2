/** Which engine the command talks to and how: TLS by flags, environment and contexts, ssh, credential helpers, login, the configuration file's say. */
import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, rm, writeFile, mkdir } from 'node:fs/promises';
import { type AddressInfo, connect } from 'node:net';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, before, test } from 'node:test';
import { readFileSync } from 'node:fs';
import { type TarEntry, writeTar } from '#base';
import { FakeEngine } from '../../packages/cli/testing/fake-engine.ts';
import { invoke } from '../../packages/cli/testing/invoke.ts';
import { root } from '../support/command.ts';
import { makeCertificates } from '../support/certificates.ts';

let here: string;
before(async () => {
  here = await mkdtemp(join(tmpdir(), 'naru-cli-connections-'));
});
after(async () => await rm(here, { recursive: true, force: true }));

const fresh = async (config: object = {}): Promise<string> => {
  const directory = await mkdtemp(join(here, 'config-'));
  await writeFile(join(directory, 'config.json'), JSON.stringify(config));
  return directory;
};

/** An engine on TLS that lists one container of its client's name. */
function answerByName(name: string, response: ServerResponse, url: string): void {
  response.setHeader('Api-Version', '1.50').setHeader('Ostype', 'linux');
  response.end(url.endsWith('/_ping') ? '' : JSON.stringify([{ Id: 'f'.repeat(64), Names: [`/${name}`], Image: 'x', ImageID: '', Command: '', Created: 0, State: 'running', Status: 'Up', HostConfig: {}, Mounts: [] }]));
}

test('TLS: by environment, by flags, by a context; a stranger\'s authority is refused', async () => {
  const certificates = join(here, 'certificates');
  const strangers = join(here, 'strangers');
  for (const directory of [certificates, strangers]) {
    await mkdir(directory);
    await makeCertificates(directory);
  }
  const at = (name: string): string => join(certificates, name);
  const server = createTlsServer({ ca: readFileSync(at('ca.pem')), cert: readFileSync(at('server.pem')), key: readFileSync(at('server-key.pem')), requestCert: true, rejectUnauthorized: true }, (request, response) => {
    answerByName(String((request.socket as unknown as { getPeerCertificate(): { subject: { CN: string } } }).getPeerCertificate().subject.CN), response, request.url ?? '');
  }).listen(0, '127.0.0.1');
  try {
    await once(server, 'listening');
    const host = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const config = await fresh();
    const ps = ['ps', '--format', '{{.Names}}'];
    const byEnvironment = await invoke(ps, { env: { DOCKER_HOST: host, DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: certificates, DOCKER_CONFIG: config } });
    assert.deepEqual([byEnvironment.stdout, byEnvironment.stderr], ['alice\n', '']);
    const flags = ['-H', host, '--tlsverify', '--tlscacert', at('ca.pem'), '--tlscert', at('cert.pem'), '--tlskey', at('key.pem')];
    assert.equal((await invoke([...flags, ...ps], { env: { DOCKER_CONFIG: config } })).stdout, 'alice\n');
    const created = await invoke(['context', 'create', 'far', '--docker', `host=${host},ca=${at('ca.pem')},cert=${at('cert.pem')},key=${at('key.pem')}`], { env: { DOCKER_CONFIG: config } });
    assert.equal(created.code, 0, created.stderr);
    assert.equal((await invoke(['--context', 'far', ...ps], { env: { DOCKER_CONFIG: config } })).stdout, 'alice\n');
    assert.equal((await invoke(ps, { env: { DOCKER_CONFIG: config, DOCKER_CONTEXT: 'far' } })).stdout, 'alice\n');
    const stranger = await invoke(ps, { env: { DOCKER_HOST: host, DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: strangers, DOCKER_CONFIG: config } });
    assert.equal(stranger.code, 1);
    assert.match(stranger.stderr, /^error during connect: .*(?:certificate|signature|self.signed)/i);
    const named = await invoke([...flags.slice(0, 3), '--tlscacert', '/nowhere/ca.pem', ...ps], { env: { DOCKER_CONFIG: config } });
    assert.equal(named.stderr, 'Failed to initialize: unable to resolve docker endpoint: open /nowhere/ca.pem: no such file or directory\n');
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test('contexts travel: export, import, use; the name in force', async () => {
  const env = { DOCKER_CONFIG: await fresh() };
  await using engine = await FakeEngine.start([{ method: 'GET', target: '/containers/json', body: '[]' }]);
  const ok = async (...words: string[]): Promise<string> => {
    const { code, stdout, stderr } = await invoke(words, { env });
    assert.equal(code, 0, stderr);
    return stdout;
  };
  await ok('context', 'create', 'one', '--description', 'the first', '--docker', `host=${engine.host}`);
  await ok('context', 'export', 'one', join(here, 'one.tar'));
  await ok('context', 'import', 'two', join(here, 'one.tar'));
  await ok('context', 'use', 'two');
  assert.equal(await ok('context', 'show'), 'two\n');
  assert.equal(await ok('context', 'inspect', '--format', '{{.Name}} {{.Metadata.Description}} {{.Endpoints.docker.Host}}'), `two the first ${engine.host}\n`);
  assert.equal(await ok('ps', '-q'), '');
  assert.match((await invoke(['context', 'rm', 'two'], { env })).stderr, /is in use, set -f flag to force remove/);
  await ok('context', 'rm', '-f', 'two');
  assert.equal(await ok('context', 'show'), 'default\n');
  const zip = await invoke(['context', 'export', 'one', '-'], { env });
  assert.ok(zip.bytes.length > 1024, 'a tar stream on standard output');
});

test("an archive's certificates are kept for whichever endpoint they are, and lead nowhere else", async () => {
  const env = { DOCKER_CONFIG: await fresh() };
  const archive = async (path: string): Promise<Buffer> => {
    const file = (name: string, body: string): TarEntry => ({ member: { name, type: 'file', mode: 0o600 }, body });
    return Buffer.concat(await Array.fromAsync(writeTar([file('meta.json', '{"Name":"x","Metadata":{},"Endpoints":{"docker":{"Host":"tcp://x:1"}}}'), file(path, 'a key')])));
  };
  assert.equal((await invoke(['context', 'import', 'one', '-'], { env, stdin: await archive('tls/kubernetes/key.pem') })).code, 0);
  const exported = await invoke(['context', 'export', 'one', '-'], { env });
  assert.equal((await invoke(['context', 'import', 'two', '-'], { env, stdin: exported.bytes })).code, 0);
  assert.equal((await invoke(['context', 'inspect', 'two', '-f', '{{.TLSMaterial}}'], { env })).stdout, 'map[kubernetes:[key.pem]]\n');
  for (const path of ['tls/../key.pem', 'tls/docker/..']) {
    const { code, stderr } = await invoke(['context', 'import', 'three', '-'], { env, stdin: await archive(path) });
    assert.deepEqual([code, stderr], [1, `${path}: unexpected path format\n`]);
  }
});

/** A helper that keeps its secrets in a file beside it. */
const helper = `#!${process.execPath}
const fs = require('node:fs'); const file = __filename + '.json';
const kept = fs.existsSync(file) ? JSON.parse(fs.readFileSync(file)) : {};
const input = fs.readFileSync(0, 'utf8').trim(); const verb = process.argv[2];
if (verb === 'store') { const given = JSON.parse(input); kept[given.ServerURL] = given; }
else if (verb === 'erase') delete kept[input];
else if (verb === 'list') console.log(JSON.stringify(Object.fromEntries(Object.values(kept).map((one) => [one.ServerURL, one.Username]))));
else if (kept[input]) console.log(JSON.stringify(kept[input]));
else { console.log('credentials not found in native keychain'); process.exit(1); }
fs.writeFileSync(file, JSON.stringify(kept));
`;

test('a credential helper: login stores, pull asks, build lists, logout erases; the file holds no secret', async () => {
  const directory = join(here, 'helpers');
  await mkdir(directory);
  await writeFile(join(directory, 'docker-credential-kept'), helper);
  await chmod(join(directory, 'docker-credential-kept'), 0o755);
  const path = process.env['PATH'] ?? '';
  process.env['PATH'] = `${directory}${delimiter}${path}`;
  try {
    const config = await fresh({ credsStore: 'kept', unknownKey: { stays: true } });
    await using engine = await FakeEngine.start([
      { method: 'POST', target: '/auth', body: JSON.stringify({ Status: 'Login Succeeded', IdentityToken: '' }) },
      { method: 'POST', target: '/images/create?fromImage=r.example%2Fx&tag=latest', body: '{"status":"done"}\n' },
      { method: 'POST', target: '/images/create?fromImage=r.example%2Fx&tag=latest', body: '{"status":"done"}\n' },
    ]);
    const env = { DOCKER_HOST: engine.host, DOCKER_CONFIG: config };
    const login = await invoke(['login', '-u', 'me', '--password-stdin', 'r.example'], { env, stdin: 'secret\n' });
    assert.deepEqual([login.code, login.stdout, login.stderr], [0, 'Login Succeeded\n', '']);
    assert.deepEqual(engine.bodyOf('POST /auth'), { username: 'me', password: 'secret', serveraddress: 'r.example' });
    assert.deepEqual(JSON.parse(await readFile(join(config, 'config.json'), 'utf8')), { credsStore: 'kept', unknownKey: { stays: true }, auths: { 'r.example': {} } });
    await invoke(['pull', '-q', 'r.example/x'], { env });
    const sent = (index: number): unknown => JSON.parse(Buffer.from(String(engine.heard[index]?.headers['x-registry-auth']), 'base64url').toString());
    assert.deepEqual(sent(1), { username: 'me', password: 'secret', serveraddress: 'r.example' });
    assert.equal((await invoke(['logout', 'r.example'], { env })).code, 0);
    await invoke(['pull', '-q', 'r.example/x'], { env });
    assert.deepEqual(sent(2), {});
  } finally {
    process.env['PATH'] = path;
  }
});

test('a helper that fails, or that is not there, keeps nobody from what needs no credentials; storing and erasing tell of it', async () => {
  const directory = await mkdtemp(join(here, 'failing-'));
  const path = process.env['PATH'] ?? '';
  process.env['PATH'] = `${directory}${delimiter}${path}`;
  try {
    await writeFile(join(directory, 'docker-credential-junk'), '#!/bin/sh\ncat >/dev/null\necho junk\n', { mode: 0o755 });
    await writeFile(join(directory, 'docker-credential-unlucky'), '#!/bin/sh\necho no luck\nexit 3\n', { mode: 0o755 });
    const why: Readonly<Record<string, string>> = { unlucky: 'exit status 3, out: `no luck`', absent: 'exec: "docker-credential-absent": executable file not found in $PATH, out: ``' };
    for (const credsStore of ['junk', 'unlucky', 'absent']) {
      await using engine = await FakeEngine.start([
        { method: 'POST', target: '/images/create?fromImage=r.example%2Fx&tag=latest', body: '{"status":"done"}\n' },
        { method: 'POST', target: '/auth', body: JSON.stringify({ Status: 'Login Succeeded', IdentityToken: '' }) },
      ]);
      const env = { DOCKER_HOST: engine.host, DOCKER_CONFIG: await fresh({ credsStore }) };
      assert.deepEqual(await invoke(['pull', '-q', 'r.example/x'], { env }).then(({ code, stderr }) => [code, stderr]), [0, ''], credsStore);
      if (credsStore === 'junk') continue;
      assert.equal((await invoke(['login', '-u', 'a', '--password-stdin', 'r.example'], { env, stdin: 'p' })).stderr, `Error saving credentials: error storing credentials - err: ${why[credsStore]}\n`);
      const told = ['https://r.example/v1', 'r.example', 'http://r.example', 'https://r.example'].map((key) => `${key}: error erasing credentials - err: ${why[credsStore]}\n`);
      assert.equal((await invoke(['logout', 'https://r.example/v1'], { env })).stderr, `WARNING: could not erase credentials:\n${told.join('')}`);
    }
  } finally {
    process.env['PATH'] = path;
  }
});

test('login without a helper keeps credentials in the file and says so', async () => {
  await using engine = await FakeEngine.start([{ method: 'POST', target: '/auth', body: JSON.stringify({ Status: 'Login Succeeded', IdentityToken: 'token' }) }]);
  const config = await fresh();
  const { stdout, stderr } = await invoke(['login', '-u', 'me', '-p', 'secret', 'r.example'], { env: { DOCKER_HOST: engine.host, DOCKER_CONFIG: config } });
  assert.equal(stdout, 'Login Succeeded\n');
  assert.match(stderr, /^WARNING! Using --password via the CLI is insecure\. Use --password-stdin\.\n\nWARNING! Your credentials are stored unencrypted/);
  assert.deepEqual(JSON.parse(await readFile(join(config, 'config.json'), 'utf8')), { auths: { 'r.example': { auth: Buffer.from('me:').toString('base64'), identitytoken: 'token' } } });
});

test('the configuration file\'s formats, headers, proxies and detach keys', async () => {
  await using engine = await FakeEngine.start([
    { method: 'GET', target: '/containers/json', body: JSON.stringify([{ Id: 'f'.repeat(64), Names: ['/web'], Image: 'x', ImageID: '', Command: '', Created: 0, State: 'running', Status: 'Up', HostConfig: {}, Mounts: [] }]) },
    { method: 'POST', target: '/containers/create', status: 201, body: JSON.stringify({ Id: 'f'.repeat(64), Warnings: [] }) },
  ]);
  const config = await fresh({ psFormat: 'table {{.Names}}', HttpHeaders: { 'X-Own': 'yes' }, proxies: { default: { httpProxy: 'http://p:1', noProxy: 'x' } } });
  const env = { DOCKER_HOST: engine.host, DOCKER_CONFIG: config };
  assert.equal((await invoke(['ps'], { env })).stdout, 'NAMES\nweb\n');
  assert.equal(engine.heard[0]?.headers['x-own'], 'yes');
  await invoke(['create', '-e', 'no_proxy=own', 'busybox'], { env });
  const { Env } = engine.bodyOf('POST /containers/create') as { Env: string[] };
  assert.deepEqual(Env.toSorted(), ['HTTP_PROXY=http://p:1', 'NO_PROXY=x', 'http_proxy=http://p:1', 'no_proxy=own']);
});

test('a broken configuration file warns and does not stop the command', async () => {
  const config = await mkdtemp(join(here, 'config-'));
  await writeFile(join(config, 'config.json'), '{ not json');
  const server = createServer((request, response) => answerByName('web', response, request.url ?? '')).listen(join(here, 'plain.sock'));
  try {
    await once(server, 'listening');
    const { code, stdout, stderr } = await invoke(['ps', '--format', '{{.Names}}'], { env: { DOCKER_HOST: `unix://${join(here, 'plain.sock')}`, DOCKER_CONFIG: config } });
    assert.deepEqual([code, stdout], [0, 'web\n']);
    assert.equal(stderr, `WARNING: Error parsing config file (${join(config, 'config.json')}): invalid character 'n' looking for beginning of object key string\n`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test('an engine on plain tcp is asked through the proxy of the environment', async () => {
  const asked: string[] = [];
  const proxy = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers.host}`);
    response.setHeader('Api-Version', '1.50').setHeader('Content-Type', 'application/json').end(JSON.stringify({ Version: '99.9', ApiVersion: '1.50', Os: 'linux', Arch: 'amd64', GitCommit: '', GoVersion: '' }));
  }).listen(0, '127.0.0.1');
  try {
    await once(proxy, 'listening');
    const env = { DOCKER_HOST: 'tcp://far.example.invalid:2375', HTTP_PROXY: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` };
    assert.deepEqual(await invoke(['version', '--format', '{{.Server.Version}}'], { env }).then(({ code, stdout, stderr }) => ({ code, stdout, stderr })), { code: 0, stdout: '99.9\n', stderr: '' });
    assert.deepEqual(asked, ['HEAD http://far.example.invalid:2375/_ping far.example.invalid:2375', 'GET http://far.example.invalid:2375/v1.50/version far.example.invalid:2375']);
  } finally {
    proxy.closeAllConnections();
    proxy.close();
  }
});

test('an engine that speaks TLS is reached through a tunnel of the proxy', async () => {
  const certificates = await mkdtemp(join(here, 'tunnelled-'));
  await makeCertificates(certificates);
  const at = (name: string): Buffer => readFileSync(join(certificates, name));
  const server = createTlsServer({ ca: at('ca.pem'), cert: at('server.pem'), key: at('server-key.pem'), requestCert: true }, (request, response) => answerByName('web', response, request.url ?? '')).listen(0, '127.0.0.1');
  const asked: string[] = [];
  const proxy = createServer().on('connect', (request, socket, head) => {
    asked.push(`${request.url} ${request.headers['proxy-authorization']}`);
    if (request.headers['proxy-authorization'] === undefined) return void socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
    const engine = connect((server.address() as AddressInfo).port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      engine.write(head);
      engine.pipe(socket).pipe(engine);
    });
    for (const end of [socket, engine]) end.on('error', () => {}); // the command hangs up when it has seen enough
  }).listen(0, '127.0.0.1');
  try {
    await Promise.all([server, proxy].map((one) => one.listening || once(one, 'listening')));
    const { port } = proxy.address() as AddressInfo;
    const run = (name: string) => invoke(['ps', '--format', '{{.Names}}'], { env: { DOCKER_HOST: 'tcp://localhost.example.invalid:2376', DOCKER_TLS: '1', DOCKER_CERT_PATH: certificates, HTTPS_PROXY: `http://${name}127.0.0.1:${port}` } });
    const { code, stdout, stderr } = await run('me:secret@');
    assert.deepEqual([code, stdout, stderr], [0, 'web\n', '']);
    assert.equal(asked[0], 'localhost.example.invalid:2376 Basic bWU6c2VjcmV0');
    assert.match((await run('')).stderr, /Proxy Authentication Required/);
  } finally {
    for (const one of [server, proxy]) {
      one.closeAllConnections();
      one.close();
    }
  }
});

test('the third signal ends a command that hands them on to a container', async () => {
  const id = 'f'.repeat(64);
  await using engine = await FakeEngine.start([
    { method: 'POST', target: '/containers/create', status: 201, body: JSON.stringify({ Id: id, Warnings: [] }) },
    { method: 'POST', target: `/containers/${id}/attach?stderr=1&stdout=1&stream=1`, stream: Buffer.alloc(0), after: '/never' },
    { method: 'POST', target: `/containers/${id}/wait?condition=next-exit`, after: '/never' },
    { method: 'POST', target: `/containers/${id}/start`, status: 204 },
    ...['INT', 'INT'].map((signal) => ({ method: 'POST', target: `/containers/${id}/kill?signal=${signal}`, status: 204 })),
  ]);
  const child = spawn(join(root, 'bin/naru'), ['run', 'busybox'], { env: { PATH: process.env['PATH'], DOCKER_HOST: engine.host, DOCKER_CONFIG: await fresh() } });
  const ended = once(child, 'close');
  const said = child.stderr.toArray();
  await engine.asked(`/containers/${id}/start`, 1);
  for (const count of [1, 2]) {
    child.kill('SIGINT');
    await engine.asked(`/containers/${id}/kill`, count);
  }
  child.kill('SIGINT');
  assert.equal((await ended)[0], 1);
  assert.equal(Buffer.concat(await said).toString(), '\ngot 3 SIGTERM/SIGINTs, forcefully exiting\n');
});

test('Ctrl-C at a question is an answer: nothing is removed, nothing is wrong', async () => {
  await using engine = await FakeEngine.start([]);
  const child = spawn(join(root, 'bin/naru'), ['volume', 'prune'], { env: { PATH: process.env['PATH'], DOCKER_HOST: engine.host, DOCKER_CONFIG: await fresh() } });
  let shown = '';
  for await (const chunk of child.stdout) {
    shown += String(chunk);
    if (shown.endsWith('[y/N] ')) child.kill('SIGINT');
  }
  const code = child.exitCode ?? (await once(child, 'close'))[0];
  assert.equal(code, 0);
  assert.match(shown, /\[y\/N\] \n$/);
  assert.deepEqual(engine.requests, []);
});

test('a question is left by other signals as any program is', async () => {
  await using engine = await FakeEngine.start([]);
  const child = spawn(join(root, 'bin/naru'), ['volume', 'prune'], { env: { PATH: process.env['PATH'], DOCKER_HOST: engine.host, DOCKER_CONFIG: await fresh() } });
  const closed = once(child, 'close');
  for await (const chunk of child.stdout) if (String(chunk).endsWith('[y/N] ')) child.kill('SIGHUP');
  assert.deepEqual(await closed, [null, 'SIGHUP']);
});

test('--tlsverify asks for TLS whatever it says', async () => {
  const config = await fresh();
  const { code, stderr } = await invoke(['--tlsverify=false', 'ps'], { env: { DOCKER_HOST: 'tcp://127.0.0.1:1', DOCKER_CONFIG: config } });
  assert.deepEqual([code, stderr.includes('unable to resolve docker endpoint: open '), stderr.includes('ca.pem')], [1, true, true], stderr);
});
