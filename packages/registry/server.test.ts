import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { digestOf } from '#base';
import { mediaTypes } from '#spec';
import { createRegistryServer } from './server.ts';
import type { RegistryOptions } from './server.ts';

const home = await mkdtemp(join(tmpdir(), 'naru-registry-'));
after(() => rm(home, { recursive: true, force: true }));
let number = 0;

async function start(options: Partial<RegistryOptions> = {}) {
  const server = await createRegistryServer({ root: join(home, String(number++)), ...options });
  const address = await server.listen(0);
  const call = (method: string, path: string, init: RequestInit = {}): Promise<Response> => fetch(new URL(path, `http://${address}`), { method, ...init });
  const push = async (name: string, body: string): Promise<string> => {
    const digest = digestOf(body);
    const response = await call('POST', `/v2/${name}/blobs/uploads/?digest=${digest}`, { body });
    assert.equal(response.status, 201);
    return digest;
  };
  const pushManifest = async (name: string, reference: string, extra: object = {}): Promise<string> => {
    const config = { mediaType: mediaTypes.ociConfig, digest: await push(name, '{}'), size: 2 };
    const body = JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers: [], ...extra });
    const response = await call('PUT', `/v2/${name}/manifests/${reference === 'digest' ? digestOf(body) : reference}`, { body, headers: { 'Content-Type': mediaTypes.ociManifest } });
    assert.equal(response.status, 201, await response.text());
    return digestOf(body);
  };
  return { server, address, call, push, pushManifest, [Symbol.asyncDispose]: () => server.close() };
}

const codeOf = async (response: Response): Promise<string> => ((await response.json()) as { errors: { code: string }[] }).errors[0]?.code ?? '';

test('GET /v2/ says hello; other paths and methods are refused in the words of the protocol', async () => {
  await using registry = await start();
  const hello = await registry.call('GET', '/v2/');
  assert.equal(hello.status, 200);
  assert.equal(hello.headers.get('docker-distribution-api-version'), 'registry/2.0');
  assert.equal((await registry.call('GET', '/v3/')).status, 404);
  const refused = await registry.call('PUT', '/v2/x/tags/list');
  assert.deepEqual([refused.status, refused.headers.get('allow'), await codeOf(refused)], [405, 'GET', 'UNSUPPORTED']);
  assert.equal(await codeOf(await registry.call('GET', '/v2/UP/tags/list')), 'NAME_INVALID');
  assert.equal(await codeOf(await registry.call('GET', '/v2/none/tags/list')), 'NAME_UNKNOWN');
  assert.equal(await codeOf(await registry.call('GET', `/v2/none/blobs/${digestOf('')}`)), 'BLOB_UNKNOWN');
});

test('a blob goes in by chunks, is resumed after a hang-up, and comes out whole or by range', async () => {
  await using registry = await start();
  const body = 'abcdefghij'.repeat(100);
  const digest = digestOf(body);
  const begun = await registry.call('POST', '/v2/a/b/blobs/uploads/');
  const location = begun.headers.get('location') ?? '';
  assert.equal(begun.status, 202);
  const first = await registry.call('PATCH', location, { body: body.slice(0, 300), headers: { 'Content-Range': '0-299' } });
  assert.deepEqual([first.status, first.headers.get('range')], [202, '0-299']);
  const gap = await registry.call('PATCH', location, { body: body.slice(400), headers: { 'Content-Range': '400-999' } });
  assert.deepEqual([gap.status, gap.headers.get('range')], [416, '0-299']);
  await hangUp(registry.address, `PATCH ${location} HTTP/1.1\r\nHost: x\r\nContent-Length: 700\r\n\r\n${body.slice(300, 500)}`);
  const status = await untilRange(registry.call, location, '0-499');
  assert.equal(status, 204);
  const done = await registry.call('PUT', `${location}?digest=${digest}`, { body: body.slice(500) });
  assert.deepEqual([done.status, done.headers.get('docker-content-digest')], [201, digest]);
  assert.equal((await registry.call('GET', location)).status, 404);

  const blob = `/v2/a/b/blobs/${digest}`;
  assert.equal(await (await registry.call('GET', blob)).text(), body);
  const head = await registry.call('HEAD', blob);
  assert.deepEqual([head.status, head.headers.get('content-length'), head.headers.get('etag')], [200, '1000', `"${digest}"`]);
  for (const [range, text, shown] of [['bytes=990-', body.slice(990), 'bytes 990-999/1000'], ['bytes=0-4', 'abcde', 'bytes 0-4/1000'], ['bytes=-3', 'hij', 'bytes 997-999/1000']] as const) {
    const part = await registry.call('GET', blob, { headers: { Range: range } });
    assert.deepEqual([part.status, part.headers.get('content-range'), await part.text()], [206, shown, text]);
  }
  assert.equal((await registry.call('GET', blob, { headers: { Range: 'bytes=1000-' } })).status, 416);
  assert.equal((await registry.call('GET', blob, { headers: { 'If-None-Match': `"${digest}"` } })).status, 304);
});

test('an upload whose digest is wrong leaves nothing', async () => {
  await using registry = await start();
  const wrong = await registry.call('POST', `/v2/x/blobs/uploads/?digest=${digestOf('right')}`, { body: 'wrong' });
  assert.deepEqual([wrong.status, await codeOf(wrong)], [400, 'DIGEST_INVALID']);
  const held = await Array.fromAsync(registry.server.content.list());
  assert.deepEqual(held, []);
  assert.equal(await codeOf(await registry.call('POST', '/v2/x/blobs/uploads/?digest=md5:1', { body: 'x' })), 'DIGEST_INVALID');
});

test('an upload survives a restart of the registry', async () => {
  const root = join(home, 'restart');
  let location = '';
  {
    await using first = await start({ root });
    location = (await first.call('POST', '/v2/x/blobs/uploads/')).headers.get('location') ?? '';
    await first.call('PATCH', location, { body: 'hello ' });
  }
  await using second = await start({ root });
  assert.equal((await second.call('GET', location)).headers.get('range'), '0-5');
  const done = await second.call('PUT', `${location}?digest=${digestOf('hello world')}`, { body: 'world' });
  assert.equal(done.status, 201);
});

test('a blob is mounted from another repository, and only links make it readable', async () => {
  await using registry = await start();
  const digest = await registry.push('one', 'shared');
  assert.equal((await registry.call('GET', `/v2/two/blobs/${digest}`)).status, 404);
  const mounted = await registry.call('POST', `/v2/two/blobs/uploads/?mount=${digest}&from=one`);
  assert.deepEqual([mounted.status, mounted.headers.get('location')], [201, `/v2/two/blobs/${digest}`]);
  assert.equal(await (await registry.call('GET', `/v2/two/blobs/${digest}`)).text(), 'shared');
  assert.equal((await registry.call('POST', `/v2/two/blobs/uploads/?mount=${digestOf('no')}&from=one`)).status, 202);
});

test('manifests: by tag and digest, with their parts present, negotiated, deleted', async () => {
  await using registry = await start();
  const digest = await registry.pushManifest('m', 'v1');
  for (const reference of ['v1', digest]) {
    const got = await registry.call('GET', `/v2/m/manifests/${reference}`);
    assert.deepEqual([got.status, got.headers.get('content-type'), got.headers.get('docker-content-digest')], [200, mediaTypes.ociManifest, digest]);
    assert.equal(digestOf(await got.text()), digest);
  }
  assert.equal((await registry.call('GET', '/v2/m/manifests/v1', { headers: { Accept: mediaTypes.dockerManifest } })).status, 404);
  assert.equal(await codeOf(await registry.call('GET', '/v2/m/manifests/none')), 'MANIFEST_UNKNOWN');
  const put = (body: unknown, type: string, reference = 'x'): Promise<Response> => registry.call('PUT', `/v2/m/manifests/${reference}`, { body: JSON.stringify(body), headers: { 'Content-Type': type } });
  const descriptor = { mediaType: mediaTypes.ociConfig, digest: digestOf('absent'), size: 6 };
  assert.equal(await codeOf(await put({ schemaVersion: 2, config: descriptor, layers: [] }, mediaTypes.ociManifest)), 'MANIFEST_BLOB_UNKNOWN');
  assert.equal(await codeOf(await put({ schemaVersion: 1 }, 'application/vnd.docker.distribution.manifest.v1+json')), 'MANIFEST_INVALID');
  assert.equal(await codeOf(await put({ schemaVersion: 2, manifests: [] }, mediaTypes.ociIndex, digestOf('else'))), 'DIGEST_INVALID');
  assert.equal((await registry.call('DELETE', '/v2/m/manifests/v1')).status, 202);
  assert.equal((await registry.call('GET', '/v2/m/manifests/v1')).status, 404);
  assert.equal((await registry.call('GET', `/v2/m/manifests/${digest}`)).status, 200);
  assert.equal((await registry.call('DELETE', `/v2/m/manifests/${digest}`)).status, 202);
  assert.equal((await registry.call('DELETE', `/v2/m/manifests/${digest}`)).status, 404);
});

test('a manifest is kept under the digest that it was put by, sha512 too, with the tags named beside it', async () => {
  await using registry = await start();
  const body = JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [] });
  const digest = digestOf(body, 'sha512');
  const put = await registry.call('PUT', `/v2/x/manifests/${digest}?tag=one&tag=two`, { body, headers: { 'Content-Type': mediaTypes.ociIndex } });
  assert.deepEqual([put.status, put.headers.get('docker-content-digest'), put.headers.get('oci-tag')], [201, digest, 'one, two']);
  const got = await registry.call('GET', '/v2/x/manifests/two');
  assert.deepEqual([got.headers.get('docker-content-digest'), await got.text()], [digest, body]);
  assert.equal((await registry.call('PUT', `/v2/x/manifests/${digestOf('other', 'sha512')}`, { body })).status, 400);
  assert.equal((await registry.call('DELETE', `/v2/x/manifests/${digest}`)).status, 202);
  assert.equal((await registry.call('GET', '/v2/x/manifests/one')).status, 404);
});

test('an index tag serves its linux/amd64 manifest to a client that knows no index', async () => {
  await using registry = await start();
  const child = await registry.pushManifest('i', 'digest');
  const entry = { mediaType: mediaTypes.ociManifest, digest: child, size: 1, platform: { os: 'linux', architecture: 'amd64' } };
  const body = JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [entry] });
  assert.equal((await registry.call('PUT', '/v2/i/manifests/multi', { body, headers: { 'Content-Type': mediaTypes.ociIndex } })).status, 201);
  const got = await registry.call('GET', '/v2/i/manifests/multi', { headers: { Accept: mediaTypes.ociManifest } });
  assert.equal(got.headers.get('docker-content-digest'), child);
});

test('tags and repositories are listed in order, page by page', async () => {
  await using registry = await start();
  for (const tag of ['c', 'a', 'b']) await registry.pushManifest('t', tag);
  await registry.push('s', 'x');
  const pageOf = async (path: string) => {
    const response = await registry.call('GET', path);
    return [await response.json(), response.headers.get('link')];
  };
  assert.deepEqual(await pageOf('/v2/t/tags/list'), [{ name: 't', tags: ['a', 'b', 'c'] }, null]);
  assert.deepEqual(await pageOf('/v2/t/tags/list?n=2'), [{ name: 't', tags: ['a', 'b'] }, '</v2/t/tags/list?n=2&last=b>; rel="next"']);
  assert.deepEqual(await pageOf('/v2/t/tags/list?n=2&last=b'), [{ name: 't', tags: ['c'] }, null]);
  assert.deepEqual(await pageOf('/v2/t/tags/list?n=0'), [{ name: 't', tags: [] }, null]);
  assert.deepEqual(await pageOf('/v2/_catalog'), [{ repositories: ['s', 't'] }, null]);
  assert.equal((await registry.call('GET', '/v2/t/tags/list?n=x')).status, 400);
});

test('referrers of a subject, which may be absent, are listed and filtered', async () => {
  await using registry = await start();
  const subject = { mediaType: mediaTypes.ociManifest, digest: digestOf('subject'), size: 7 };
  const digest = await registry.pushManifest('r', 'digest', { subject, artifactType: 'application/x.sbom', annotations: { a: 'b' } });
  const list = async (query = '') => (await (await registry.call('GET', `/v2/r/referrers/${subject.digest}${query}`)).json()) as { manifests: unknown[] };
  const [entry] = (await list()).manifests as { digest: string; artifactType: string; annotations: unknown }[];
  assert.deepEqual([entry?.digest, entry?.artifactType, entry?.annotations], [digest, 'application/x.sbom', { a: 'b' }]);
  assert.equal((await list('?artifactType=none')).manifests.length, 0);
  assert.deepEqual((await (await registry.call('GET', `/v2/r/referrers/${digestOf('other')}`)).json() as { manifests: unknown[] }).manifests, []);
});

test('a read-only registry serves and takes nothing', async () => {
  const root = join(home, 'readonly');
  {
    await using open = await start({ root });
    await open.pushManifest('x', '1');
  }
  await using registry = await start({ root, readOnly: true });
  assert.equal((await registry.call('GET', '/v2/x/manifests/1')).status, 200);
  assert.equal((await registry.call('POST', '/v2/x/blobs/uploads/')).status, 405);
  assert.equal((await registry.call('DELETE', '/v2/x/manifests/1')).status, 405);
});

test('garbage collection keeps what manifests need', async () => {
  await using registry = await start();
  await registry.pushManifest('g', 'v1');
  const orphan = await registry.push('g', 'orphan');
  assert.equal(await registry.server.collect(), 0);
  assert.equal(await registry.server.collect(-1000), 'orphan'.length);
  assert.equal((await registry.call('GET', `/v2/g/blobs/${orphan}`)).status, 404);
  assert.equal((await registry.call('GET', `/v2/g/blobs/${digestOf('{}')}`)).status, 200);
});

/** Sends the text and closes the connection without waiting for an answer. */
function hangUp(address: string, text: string): Promise<void> {
  const [host, port] = address.split(':');
  return new Promise((resolve) => {
    const socket = connect(Number(port), host, () => socket.write(text, () => setTimeout(() => socket.destroy(), 50)));
    socket.on('close', () => resolve());
  });
}

async function untilRange(call: (method: string, path: string) => Promise<Response>, path: string, range: string): Promise<number> {
  for (let attempt = 0; attempt < 3000; attempt++) {
    const response = await call('GET', path);
    if (response.headers.get('range') === range) return response.status;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return 0;
}
