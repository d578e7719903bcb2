/** The doors beside the socket: tcp with TLS, activated sockets, the socket's group and mode. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rename, rm, stat } from 'node:fs/promises';
import { request } from 'node:https';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeCertificates } from '../../support/certificates.ts';
import { root, run, until } from '../../support/command.ts';
import { commandOf, Daemon } from '../../support/daemon.ts';
import { importBusybox } from '../../support/images.ts';
import { freePort } from '../../support/ports.ts';

const rootOnly = { skip: process.getuid?.() === 0 ? false : 'narud needs root' };

async function certificates(): Promise<AsyncDisposable & { readonly directory: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'naru-tls-'));
  await makeCertificates(directory);
  return { directory, [Symbol.asyncDispose]: () => rm(directory, { recursive: true }) };
}

test('over TLS the client is known by its certificate, and without one it is refused', rootOnly, async () => {
  await using files = await certificates();
  const at = (name: string): string => join(files.directory, name);
  const address = `tcp://127.0.0.1:${await freePort()}`;
  await using daemon = await Daemon.start('-H', address, '--tlsverify', '--tlscacert', at('ca.pem'), '--tlscert', at('server.pem'), '--tlskey', at('server-key.pem'));
  await importBusybox(daemon);
  const docker = commandOf('docker');
  const flags = ['-H', address, '--tlsverify', '--tlscacert', at('ca.pem'), '--tlscert', at('cert.pem'), '--tlskey', at('key.pem')];
  const env = { DOCKER_CONFIG: join(daemon.directory, 'config'), DOCKER_HOST: '' };
  assert.match((await run(docker, [...flags, 'version', '--format', '{{.Server.Os}}'], { env })).stdout, /linux/);
  const echoed = await run(docker, [...flags, 'run', '--rm', '-i', 'busybox', 'cat'], { env, input: 'through the tunnel\n' });
  assert.deepEqual([echoed.code, echoed.stdout], [0, 'through the tunnel\n']);
  const byEnvironment = { ...env, DOCKER_HOST: address, DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: files.directory };
  assert.equal((await run(docker, ['ps', '-q'], { env: byEnvironment })).code, 0);
  const stranger = request(address.replace('tcp', 'https') + '/_ping', { ca: await readFile(at('ca.pem')), agent: false }).end();
  const [refusal] = (await once(stranger, 'error')) as [Error];
  assert.match(refusal.message, /certificate required|bad certificate/);
  const plain = await run(docker, ['-H', address, 'ps'], { env });
  assert.notEqual(plain.code, 0);
});

test('a plain door to the network does not open', rootOnly, async () => {
  const narud = await run(join(root, 'bin/narud'), ['-H', 'tcp://0.0.0.0:0', '--data-root', '/nonexistent/naru']);
  assert.equal(narud.code, 1);
  assert.match(narud.stderr, /^narud: failed to start daemon: refusing to listen on tcp:\/\/0\.0\.0\.0:0 without TLS: whoever reaches the API is root on this host/);
  const missing = await run(join(root, 'bin/narud'), ['-H', 'tcp://0.0.0.0:0', '--tls', '--tlscert', '/nonexistent', '--tlskey', '/nonexistent', '--data-root', '/nonexistent/naru']);
  assert.match(missing.stderr, /could not load X509 key pair \(cert: "\/nonexistent", key: "\/nonexistent"\)/);
});

test('the socket is for root and its group', rootOnly, async () => {
  await using daemon = await Daemon.start('--group', '12345');
  const { mode, gid, uid } = await stat(daemon.host.slice('unix://'.length));
  assert.deepEqual([(mode & 0o777).toString(8), gid, uid], ['660', 12345, 0]);
});

test('a socket that the service manager opened is served', rootOnly, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'naru-fd-'));
  const path = join(directory, 'activated.sock');
  const manager: Server = createServer().listen(`${path}.new`);
  await once(manager, 'listening');
  await rename(`${path}.new`, path); // what closing it takes away is its first name
  const { fd } = (manager as unknown as { _handle: { fd: number } })._handle;
  const at = (name: string): string => join(directory, name);
  // The shell stands for the service manager: LISTEN_PID must be the daemon's own number.
  const command = `exec env LISTEN_PID=$$ LISTEN_FDS=1 ${join(root, 'bin/narud')} -H fd:// --data-root ${at('data')} --exec-root ${at('exec')} --pidfile ${at('pid')}`;
  const narud = spawn('sh', ['-c', command], { stdio: ['ignore', 'ignore', 'pipe', fd] });
  manager.close(); // both would take connections
  try {
    let said = '';
    narud.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await until('it listens', async () => /API listen on fd:\/\//.test(said));
    const { stdout } = await run(commandOf('docker'), ['version', '--format', '{{.Server.Os}}'], { env: { DOCKER_HOST: `unix://${path}` } });
    assert.equal(stdout.trim(), 'linux');
  } finally {
    const ended = once(narud, 'exit');
    narud.kill('SIGTERM');
    await ended;
    await rm(directory, { recursive: true, force: true });
  }
});
