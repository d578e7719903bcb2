/** naru-registry as a process: killed in the middle, behind passwords, tokens and https, and served to clients that others wrote. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { hash } from 'bcryptjs';
import { writeTar } from '#base';
import { mediaTypes } from '#spec';
import { ok, root as checkout, run, until } from '../support/command.ts';

const home = mkdtempSync(join(tmpdir(), 'naru-registry-'));
after(() => rmSync(home, { recursive: true, force: true }));
const isMissing = async (command: string): Promise<false | string> => ((await run('sh', ['-c', `command -v ${command}`])).code === 0 ? false : `${command} is not installed`);
const missing = { openssl: await isMissing('openssl'), skopeo: await isMissing('skopeo'), docker: await isMissing('docker') };
const sha256 = (bytes: string | Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

describe('naru-registry', () => {
  it('killed in the middle of an upload it goes on where it was, and loses nothing it had acknowledged', async () => {
    const directory = mkdtempSync(join(home, 'killed-'));
    const blob = randomBytes(3 << 20);
    let location = '';
    {
      await using first = await start('--root', directory);
      const done = await first.call('POST', `/v2/a/blobs/uploads/?digest=${sha256('kept')}`, 'kept');
      assert.equal(done.status, 201);
      location = (await first.call('POST', '/v2/a/blobs/uploads/')).headers.get('location') ?? '';
      assert.equal((await first.call('PATCH', location, blob.subarray(0, 1 << 20))).status, 202);
      first.process.kill('SIGKILL');
      await once(first.process, 'exit');
    }
    await using second = await start('--root', directory);
    assert.equal(await (await second.call('GET', `/v2/a/blobs/${sha256('kept')}`)).text(), 'kept');
    assert.equal((await second.call('GET', location)).headers.get('range'), `0-${(1 << 20) - 1}`);
    assert.equal((await second.call('PUT', `${location}?digest=${sha256(blob)}`, blob.subarray(1 << 20))).status, 201);
    assert.equal(sha256(new Uint8Array(await (await second.call('GET', `/v2/a/blobs/${sha256(blob)}`)).arrayBuffer())), sha256(blob));
  });

  it('asks for a password, and hands out tokens, as its flags say', async () => {
    const htpasswd = join(home, 'htpasswd');
    writeFileSync(htpasswd, `ferry:${await hash('landing', 4)}\n`);
    const known = { Authorization: `Basic ${Buffer.from('ferry:landing').toString('base64')}` };
    await using basic = await start('--htpasswd', htpasswd);
    assert.deepEqual([(await basic.call('GET', '/v2/')).status, (await basic.call('GET', '/v2/', undefined, known)).status], [401, 200]);
    await using token = await start('--htpasswd', htpasswd, '--token', '--anonymous-pull');
    const challenge = (await token.call('PUT', '/v2/x/manifests/1', '{}')).headers.get('www-authenticate') ?? '';
    assert.equal(challenge, `Bearer realm="http://${token.address}/token",service="naru-registry",scope="repository:x:pull,push"`);
    const ask = async (headers: Record<string, string>): Promise<string> => ((await (await token.call('GET', '/token?service=naru-registry&scope=repository:x:pull,push', undefined, headers)).json()) as { token: string }).token;
    const put = async (bearer: string) => (await token.call('PUT', '/v2/x/manifests/1', '{}', { Authorization: `Bearer ${bearer}` })).status;
    assert.deepEqual([await put(await ask({})), await put(await ask(known)), await put('forged')], [401, 400, 401]);
  });

  it('serves https with its certificate', { skip: missing.openssl }, async () => {
    const [cert, key] = [join(home, 'cert.pem'), join(home, 'key.pem')];
    await ok('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=x', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2', '-keyout', key, '-out', cert]);
    await using registry = await start('--tls-cert', cert, '--tls-key', key);
    const status = await new Promise((resolve, reject) => {
      request(`https://${registry.address}/v2/`, { ca: readFileSync(cert) }, (reply) => resolve(reply.resume().statusCode)).on('error', reject).end();
    });
    assert.equal(status, 200);
  });

  it('says in one sentence what is wrong with its flags', async () => {
    for (const [flags, message] of [[['--listen', 'nowhere'], /invalid address "nowhere"/], [['--token', '--root', join(home, 'x')], /--token needs --htpasswd/], [['--nonsense'], /Unknown option '--nonsense'/]] as const) {
      const result = await run(process.execPath, [join(checkout, 'bin/naru-registry.ts'), ...flags]);
      assert.equal(result.code, 1);
      assert.match(result.stderr, message);
      assert.equal(result.stderr.trim().split('\n').length, 1);
    }
  });

  it('skopeo copies to and from it, lists and deletes', { skip: missing.skopeo }, async () => {
    await using registry = await start();
    const layout = await ociLayout(join(home, 'layout'));
    const at = `docker://${registry.address}/peer/skopeo`;
    await ok('skopeo', ['copy', '--dest-tls-verify=false', `oci:${layout}:1`, `${at}:1`]);
    await ok('skopeo', ['copy', '--src-tls-verify=false', '--dest-tls-verify=false', `${at}:1`, `docker://${registry.address}/peer/copy:2`]);
    assert.deepEqual((JSON.parse(await ok('skopeo', ['list-tags', '--tls-verify=false', at])) as { Tags: string[] }).Tags, ['1']);
    await ok('skopeo', ['copy', '--src-tls-verify=false', `docker://${registry.address}/peer/copy:2`, `oci:${join(home, 'back')}:1`]);
    const digestIn = (directory: string): string => (JSON.parse(readFileSync(join(directory, 'index.json'), 'utf8')) as { manifests: { digest: string }[] }).manifests[0]?.digest ?? '';
    assert.equal(digestIn(join(home, 'back')), digestIn(layout));
    await ok('skopeo', ['delete', '--tls-verify=false', `${at}:1`]);
    assert.notEqual((await run('skopeo', ['inspect', '--tls-verify=false', `${at}:1`])).code, 0);
  });

  it('the docker command reads manifests from it', { skip: missing.docker }, async () => {
    await using registry = await start();
    const { digest } = await pushImage(registry, 'peer/docker', '1');
    const shown = JSON.parse(await ok('docker', ['manifest', 'inspect', '--insecure', '-v', `${registry.address}/peer/docker:1`], { env: { HOME: home } })) as { Descriptor: { digest: string } };
    assert.equal(shown.Descriptor.digest, digest);
  });
});

interface Running extends AsyncDisposable {
  readonly process: ChildProcess;
  readonly address: string;
  call(method: string, path: string, body?: string | Uint8Array, headers?: Record<string, string>): Promise<Response>;
}

async function start(...flags: string[]): Promise<Running> {
  const rooted = flags.includes('--root') ? flags : ['--root', mkdtempSync(join(home, 'root-')), ...flags];
  const child = spawn(process.execPath, [join(checkout, 'bin/naru-registry.ts'), '--listen', '127.0.0.1:0', ...rooted], { stdio: ['ignore', 'pipe', 'inherit'] });
  let log = '';
  child.stdout.on('data', (chunk: Buffer) => (log += chunk.toString()));
  const address = await until('naru-registry listens', async () => /listening on (\S+)/.exec(log)?.[1]);
  const call: Running['call'] = (method, path, body, headers = {}) => fetch(new URL(path, `http://${address}`), { method, headers, ...(body === undefined ? {} : { body: body as string }) });
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    await exited;
  };
  return { process: child, address, call, [Symbol.asyncDispose]: stop };
}

/** The three documents of a small image. */
async function smallImage() {
  const tar = Buffer.concat(await Array.fromAsync(writeTar([{ member: { name: 'hello', type: 'file', mode: 0o644 }, body: 'from naru' }])));
  const layer = gzipSync(tar);
  const config = JSON.stringify({ architecture: 'amd64', os: 'linux', config: {}, rootfs: { type: 'layers', diff_ids: [sha256(tar)] } });
  const descriptor = (mediaType: string, body: string | Uint8Array) => ({ mediaType, digest: sha256(body), size: Buffer.byteLength(body) });
  const manifest = JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociManifest, config: descriptor(mediaTypes.ociConfig, config), layers: [descriptor(mediaTypes.ociLayerGzip, layer)] });
  return { layer, config, manifest, descriptor: descriptor(mediaTypes.ociManifest, manifest) };
}

async function ociLayout(directory: string): Promise<string> {
  const { layer, config, manifest, descriptor } = await smallImage();
  mkdirSync(join(directory, 'blobs/sha256'), { recursive: true });
  for (const body of [layer, config, manifest]) writeFileSync(join(directory, 'blobs', sha256(body).replace(':', '/')), body);
  writeFileSync(join(directory, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  writeFileSync(join(directory, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [{ ...descriptor, annotations: { 'org.opencontainers.image.ref.name': '1' } }] }));
  return directory;
}

async function pushImage(registry: Running, name: string, tag: string): Promise<{ digest: string }> {
  const { layer, config, manifest, descriptor } = await smallImage();
  for (const body of [layer, config]) assert.equal((await registry.call('POST', `/v2/${name}/blobs/uploads/?digest=${sha256(body)}`, body)).status, 201);
  assert.equal((await registry.call('PUT', `/v2/${name}/manifests/${tag}`, manifest, { 'Content-Type': mediaTypes.ociManifest })).status, 201);
  return descriptor;
}
