import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { digestOf } from '#base';
import { createRegistryServer, type RegistryServer } from '#registry';
import { formatReference, hostPlatform, mediaTypes, parseReference, withDigest, type Platform } from '#spec';
import { fakeDaemon, tarOf } from '../images.fake.ts';
import type { Progress } from '../port.ts';

const home = await mkdtemp(join(tmpdir(), 'naru-pull-'));
let registry: RegistryServer;
let address = '';
before(async () => {
  registry = await createRegistryServer({ root: home });
  address = await registry.listen(0);
});
after(async () => {
  await registry.close();
  await rm(home, { recursive: true, force: true });
});

const put = async (path: string, type: string, body: string | Uint8Array, method = 'PUT'): Promise<void> => {
  const reply = await fetch(`http://${address}/v2/${path}`, { method, body: body as string, headers: { 'Content-Type': type } });
  assert.ok(reply.ok, await reply.text());
};
const descriptorOf = (mediaType: string, body: string | Uint8Array) => ({ mediaType, digest: digestOf(body), size: Buffer.byteLength(body) });

/** Puts an image for one platform into a repository, by digest, and gives its descriptor. */
async function pushFor(name: string, platform: Platform, configType: string = mediaTypes.ociConfig) {
  const tar = await tarOf({ platform: platform.architecture });
  const layer = gzipSync(tar);
  const config = JSON.stringify({ ...platform, rootfs: { type: 'layers', diff_ids: [digestOf(tar)] } });
  for (const body of [layer, config]) await put(`${name}/blobs/uploads/?digest=${digestOf(body)}`, 'application/octet-stream', body, 'POST');
  const manifest = JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociManifest, config: descriptorOf(configType, config), layers: [descriptorOf(mediaTypes.ociLayerGzip, layer)] });
  await put(`${name}/manifests/${digestOf(manifest)}`, mediaTypes.ociManifest, manifest);
  return { ...descriptorOf(mediaTypes.ociManifest, manifest), platform };
}

const other: Platform = { os: 'linux', architecture: hostPlatform().architecture === 'amd64' ? 'arm64' : 'amd64' };

test('an index leads to the manifest of the platform asked for, the host’s unless told', async () => {
  const manifests = [await pushFor('multi', other), await pushFor('multi', hostPlatform())];
  const attestation = { ...manifests[1], platform: { os: 'unknown', architecture: 'unknown' } };
  const index = JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [attestation, ...manifests] });
  await put('multi/manifests/1', mediaTypes.ociIndex, index);
  await using daemon = fakeDaemon();
  const ref = parseReference(`${address}/multi:1`);
  const told: Progress[] = [];
  const image = await daemon.images.pull(ref, {}, (each) => told.push(each));
  assert.equal(image.config.architecture, hostPlatform().architecture);
  assert.deepEqual(image.digests.map(formatReference), [formatReference(withDigest(ref, digestOf(index)))]);
  assert.equal(image.manifest?.digest, manifests[1]?.digest);
  assert.ok(daemon.lines(told).includes(`Digest: ${digestOf(index)}`));
  assert.equal((await daemon.images.pull(ref, { platform: other }, () => {})).config.architecture, other.architecture);
  const nobody = { os: 'linux', architecture: 's390x' };
  await assert.rejects(daemon.images.pull(ref, { platform: nobody }, () => {}), { kind: 'NotFound', message: 'no matching manifest for linux/s390x in the manifest list entries' });
  assert.deepEqual((await daemon.images.resolve(ref, {})).platforms.length, 3);
});

test('an image of another platform than asked for is refused', async () => {
  const { digest } = await pushFor('single', other);
  await using daemon = fakeDaemon();
  const ref = withDigest(parseReference(`${address}/single`), digest);
  const message = `image with reference ${address}/single@${digest} was found but does not match the specified platform: wanted linux/${hostPlatform().architecture}, actual: linux/${other.architecture}`;
  await assert.rejects(daemon.images.pull(ref, { platform: hostPlatform() }, () => {}), { kind: 'NotFound', message });
  assert.deepEqual(daemon.images.list(), []);
});

test('what is no image is refused by what it is', async () => {
  const chart = 'application/vnd.cncf.helm.config.v1+json';
  const { digest } = await pushFor('chart', hostPlatform(), chart);
  await using daemon = fakeDaemon();
  await assert.rejects(daemon.images.pull(withDigest(parseReference(`${address}/chart`), digest), {}, () => {}), { kind: 'InvalidArgument', message: `Encountered remote "${chart}"(unknown) when fetching` });
});

test('two pulls of one image at once fetch and unpack it once', async () => {
  const { digest } = await pushFor('twice', hostPlatform());
  await using daemon = fakeDaemon();
  const ref = withDigest(parseReference(`${address}/twice`), digest);
  const images = await Promise.all([1, 2, 3].map(() => daemon.images.pull(ref, {}, () => {})));
  assert.equal(new Set(images.map(({ id }) => id)).size, 1);
  assert.equal(daemon.snapshots.list().length, 1);
});
