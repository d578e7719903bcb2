import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseImageConfig, parseImageDocument } from './image-documents.ts';
import { mediaTypes } from './oci-image.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const descriptor = { mediaType: mediaTypes.ociLayerGzip, digest, size: 3 };
const bytes = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));

test('a manifest and an index are told apart, with or without their media type', () => {
  const manifest = { schemaVersion: 2, config: descriptor, layers: [descriptor] };
  assert.equal(parseImageDocument(bytes(manifest)).mediaType, mediaTypes.ociManifest);
  assert.equal(parseImageDocument(bytes(manifest), mediaTypes.dockerManifest).mediaType, mediaTypes.dockerManifest);
  assert.equal(parseImageDocument(bytes({ ...manifest, mediaType: mediaTypes.dockerManifest }), 'application/json').mediaType, mediaTypes.dockerManifest);
  assert.equal(parseImageDocument(bytes({ schemaVersion: 2, manifests: [] })).kind, 'index');
});

test('a document that is not what it says is refused', () => {
  const manifest = { schemaVersion: 2, config: descriptor, layers: [descriptor] };
  const refused: [unknown, string | undefined, RegExp][] = [
    ['not an object', undefined, /not an object/],
    [{ ...manifest, schemaVersion: 1 }, undefined, /unsupported schemaVersion 1/],
    [{ ...manifest, manifests: [] }, undefined, /both an index and an image manifest/],
    [{ ...manifest, mediaType: mediaTypes.ociManifest }, mediaTypes.dockerManifest, /should be/],
    [manifest, mediaTypes.ociIndex, /does not match/],
    [{ ...manifest, mediaType: 'text/plain' }, undefined, /unsupported mediaType/],
    [{ ...manifest, config: { ...descriptor, digest: 'sha256:1' } }, undefined, /config: invalid digest/],
    [{ ...manifest, layers: [{ ...descriptor, size: -1 }] }, undefined, /layers\[0\]: invalid size/],
    [{ ...manifest, layers: {} }, undefined, /layers: not a list/],
    [{ schemaVersion: 2, manifests: [{ ...descriptor, platform: {} }] }, undefined, /os and architecture/],
  ];
  for (const [value, declared, message] of refused) assert.throws(() => parseImageDocument(bytes(value), declared), message);
  assert.throws(() => parseImageDocument(Buffer.from('{')), { kind: 'InvalidArgument', message: 'manifest: invalid JSON' });
});

test('an image config keeps every field and checks those that Naru relies on', () => {
  const config = { architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [digest] }, config: null, 'moby.x': 1 };
  const parsed = parseImageConfig(bytes(config));
  assert.deepEqual(parsed.rootfs.diff_ids, [digest]);
  assert.equal('config' in parsed, false);
  assert.equal((parsed as unknown as Record<string, unknown>)['moby.x'], 1);
  assert.throws(() => parseImageConfig(bytes({ ...config, rootfs: { type: 'layers', diff_ids: ['x'] } })), /invalid digest/);
  assert.throws(() => parseImageConfig(bytes({ ...config, rootfs: { type: 'tar' } })), /rootfs.type/);
});
