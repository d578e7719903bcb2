import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { digestOf, hexOf, readTar, writeTar } from '#base';
import type { TarEntry } from '#base';
import { formatReference, hostPlatform, mediaTypes, parseReference } from '#spec';
import { fakeDaemon, tarOf } from '../images.fake.ts';
import type { Progress } from '../port.ts';

const layers: Record<string, string>[] = [{ a: 'first layer' }, { b: 'second layer' }];

async function* chunks(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000);
}

const bytesOf = async (stream: AsyncIterable<Uint8Array>): Promise<Buffer> => Buffer.concat(await Array.fromAsync(stream));

async function filesIn(tar: Buffer): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  for await (const member of readTar(chunks(tar))) if (member.header.type === 'file') files.set(member.header.name, await member.bytes());
  return files;
}

const archiveOf = (files: Record<string, string | Buffer>): Promise<Buffer> =>
  bytesOf(writeTar(Object.entries(files).map(([name, body]): TarEntry => ({ member: { name, type: 'file', mode: 0o644 }, body }))));

test('save writes an OCI layout that is also Docker’s, the same each time', async () => {
  await using daemon = fakeDaemon();
  const id = await daemon.build(layers);
  for (const tag of ['x:1', 'x:2']) daemon.images.tag(parseReference(tag), id);
  const tar = await bytesOf(daemon.images.save(['x:1']));
  assert.deepEqual(await bytesOf(daemon.images.save(['x:1'])), tar);
  const files = await filesIn(tar);
  const json = (name: string): unknown => JSON.parse(String(files.get(name)));
  assert.deepEqual(json('oci-layout'), { imageLayoutVersion: '1.0.0' });
  const [entry] = json('manifest.json') as { Config: string; RepoTags: string[]; Layers: string[]; LayerSources: object }[];
  assert.deepEqual(entry?.RepoTags, ['x:1']);
  assert.equal(entry?.Config, `blobs/sha256/${hexOf(id)}`);
  for (const path of [entry?.Config ?? '', ...(entry?.Layers ?? [])]) assert.equal(`blobs/sha256/${createHash('sha256').update(files.get(path) ?? '').digest('hex')}`, path);
  const index = json('index.json') as { manifests: { mediaType: string; digest: string; annotations: Record<string, string> }[] };
  assert.deepEqual(index.manifests.map(({ annotations }) => annotations), [{ 'io.containerd.image.name': 'docker.io/library/x:1', 'org.opencontainers.image.ref.name': '1' }]);
  assert.equal(index.manifests[0]?.mediaType, mediaTypes.ociManifest);
  assert.deepEqual(Object.keys((json('repositories') as { x: object }).x), ['1']);
  assert.equal(((await filesIn(await bytesOf(daemon.images.save(['x'])))).get('manifest.json')?.toString().match(/x:[12]/g) ?? []).length, 2);
  await assert.rejects(bytesOf(daemon.images.save(['led-none'])), { kind: 'NotFound', message: 'No such image: led-none' });
});

test('what was saved is loaded elsewhere, compressed or not, with its digest kept', async () => {
  await using one = fakeDaemon();
  const id = await one.build(layers);
  one.images.tag(parseReference('x:1'), id);
  const tar = await bytesOf(one.images.save(['x:1', id]));
  for (const archive of [tar, gzipSync(tar), zstdCompressSync(tar)]) {
    await using two = fakeDaemon();
    const reports: Progress[] = [];
    const [image] = await two.images.load(chunks(archive), (each) => reports.push(each));
    assert.equal(image?.id, id);
    assert.deepEqual(image?.tags.map(formatReference), ['docker.io/library/x:1']);
    assert.equal(two.lines(reports).at(-1), 'Loaded image: x:1');
    assert.equal(await readFile(join(two.snapshots.upperPath(image?.chainId ?? ''), 'b'), 'utf8'), 'second layer');
    assert.deepEqual(await bytesOf(two.images.save(['x:1'])), tar);
  }
});

test('an image of another platform than those asked for is not saved, and passed over where it is loaded', async () => {
  await using daemon = fakeDaemon();
  const id = await daemon.build(layers);
  const [own, other] = [hostPlatform(), { os: 'linux', architecture: 's390x' }];
  await assert.rejects(bytesOf(daemon.images.save([id], [other])), { message: 'no suitable export target found for platform linux/s390x' });
  const tar = await bytesOf(daemon.images.save([id], [other, own]));
  assert.deepEqual(await daemon.images.load(chunks(tar), () => {}, [other]), []);
  assert.equal((await daemon.images.load(chunks(tar), () => {}, [own])).length, 1);
});

test('a layer that two images share is in the archive once; what is of an image bears the time it was made', async () => {
  await using daemon = fakeDaemon();
  const [one, two] = [await daemon.build([{ a: 'shared' }]), await daemon.build([{ a: 'shared' }, { b: '2' }])];
  const times = new Map<string, number>();
  for await (const member of readTar(chunks(await bytesOf(daemon.images.save([one, two]))))) {
    assert.ok(!times.has(member.header.name), member.header.name);
    times.set(member.header.name, member.header.mtime);
  }
  assert.equal(times.get(`blobs/sha256/${hexOf(two)}`), Math.floor(daemon.images.find(two).created / 1000));
  assert.equal(times.get('manifest.json'), 0);
});

test('load by id tells the id; a tag that moves says so', async () => {
  await using one = fakeDaemon();
  await using two = fakeDaemon();
  const [first, second] = [await one.build([{ a: '1' }]), await one.build([{ a: '2' }])];
  const lines = async (tar: AsyncIterable<Uint8Array>): Promise<string[]> => {
    const reports: Progress[] = [];
    await two.images.load(tar, (each) => reports.push(each));
    return two.lines(reports).filter((line) => !line.includes('Loading layer'));
  };
  assert.deepEqual(await lines(one.images.save([first])), [`Loaded image ID: ${first}`]);
  one.images.tag(parseReference('x:1'), first);
  await lines(one.images.save(['x:1']));
  one.images.tag(parseReference('x:1'), second);
  assert.deepEqual(await lines(one.images.save(['x:1'])), [`The image x:1 already exists, renaming the old one with ID ${first} to empty string`, 'Loaded image: x:1']);
  assert.deepEqual(two.images.find(first).tags, []);
});

test('an archive of an old docker save is loaded: layer.tar in directories, links between them', async () => {
  await using daemon = fakeDaemon();
  const layer = await tarOf({ old: 'docker' });
  const config = JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [digestOf(layer), digestOf(layer)] } });
  const manifest = JSON.stringify([{ Config: 'abc.json', RepoTags: ['old:1'], Layers: ['one/layer.tar', 'two/layer.tar'] }]);
  const tar = await bytesOf(writeTar([
    { member: { name: 'abc.json', type: 'file' }, body: config },
    { member: { name: 'one/', type: 'directory' } },
    { member: { name: 'one/layer.tar', type: 'file' }, body: layer },
    { member: { name: 'two/layer.tar', type: 'symlink', linkname: '../one/layer.tar' } },
    { member: { name: 'manifest.json', type: 'file' }, body: manifest },
  ]));
  const [image] = await daemon.images.load(chunks(tar), () => {});
  assert.equal(image?.id, digestOf(config));
  assert.equal(daemon.images.layerSizes(daemon.images.find('old:1')).length, 2);
});

test('a pure OCI layout is loaded by its annotations', async () => {
  await using daemon = fakeDaemon();
  const layer = gzipSync(await tarOf({ pure: 'oci' }));
  const diffId = digestOf(await tarOf({ pure: 'oci' }));
  const config = JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [diffId] } });
  const descriptor = (mediaType: string, body: string | Buffer) => ({ mediaType, digest: digestOf(body), size: Buffer.byteLength(body) });
  const manifest = JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociManifest, config: descriptor(mediaTypes.ociConfig, config), layers: [descriptor(mediaTypes.ociLayerGzip, layer)] });
  const index = JSON.stringify({ schemaVersion: 2, manifests: [{ ...descriptor(mediaTypes.ociManifest, manifest), annotations: { 'org.opencontainers.image.ref.name': 'example.com/pure:1' } }] });
  const blobs = [layer, config, manifest].map((body): [string, string | Buffer] => [`blobs/sha256/${hexOf(digestOf(body))}`, body]);
  const [image] = await daemon.images.load(chunks(await archiveOf({ 'oci-layout': '{"imageLayoutVersion":"1.0.0"}', 'index.json': index, ...Object.fromEntries(blobs) })), () => {});
  assert.deepEqual(image?.tags.map(formatReference), ['example.com/pure:1']);
  assert.equal(image?.manifest?.digest, digestOf(manifest));
});

test('an image without layers is loaded, whatever an index.json beside its manifest.json says', async () => {
  await using daemon = fakeDaemon();
  const manifest = JSON.stringify([{ Config: 'c.json', RepoTags: null, Layers: null }]);
  const config = JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: null } });
  const [image] = await daemon.images.load(chunks(await archiveOf({ 'manifest.json': manifest, 'index.json': '{"manifests":[]}', 'c.json': config })), () => {});
  assert.deepEqual([image?.id, image?.size], [digestOf(config), 0]);
});

test('parents that are saved together are so again when they are loaded, and only real ones', async () => {
  await using one = fakeDaemon();
  await using two = fakeDaemon();
  const created = '2026-01-01T00:00:00Z';
  const config = { architecture: 'amd64', os: 'linux', rootfs: { type: 'layers' as const, diff_ids: [] } };
  const parent = await one.images.register({ ...config, history: [{ created, created_by: 'a', empty_layer: true }] }, {});
  const child = await one.images.register({ ...config, history: [{ created, created_by: 'a', empty_layer: true }, { created, created_by: 'b', empty_layer: true }] }, { parent: parent.id });
  await two.images.load(chunks(await bytesOf(one.images.save([child.id, parent.id]))), () => {});
  assert.deepEqual([two.images.find(child.id).parent, two.images.find(parent.id).parent], [parent.id, undefined]);
  const entry = (name: string, of: string) => ({ Config: `${name}.json`, Layers: [], Parent: digestOf(of) });
  const [x, y] = ['x', 'y'].map((author) => JSON.stringify({ ...config, author })) as [string, string];
  const circle = await archiveOf({ 'manifest.json': JSON.stringify([entry('x', y), entry('y', x)]), 'x.json': x, 'y.json': y });
  await assert.rejects(two.images.load(chunks(circle), () => {}), { message: `image ${digestOf(y)} is not a valid parent for ${digestOf(x)}` });
});

test('an archive from before manifest.json is loaded by its repositories, parents first, an empty layer.tar too', async () => {
  await using daemon = fakeDaemon();
  const layer = await tarOf({ lowest: 'file' });
  const json = (fields: object): string => JSON.stringify({ architecture: 'amd64', os: 'linux', created: '2015-01-01T00:00:00Z', ...fields });
  const archive = await archiveOf({
    'aa/json': json({ id: 'aa', container_config: { Cmd: ['/bin/sh', '-c', 'make'] } }), 'aa/layer.tar': layer,
    'bb/json': json({ id: 'bb', parent: 'aa', config: { Cmd: ['run'] }, Size: 7 }), 'bb/layer.tar': '',
    repositories: '{"ancient":{"1":"bb","latest":"bb"}}',
  });
  const [image, ...more] = await daemon.images.load(chunks(archive), () => {});
  assert.deepEqual([more, image?.tags.map(formatReference)], [[], ['docker.io/library/ancient:1', 'docker.io/library/ancient:latest']]);
  assert.deepEqual(image?.config.rootfs.diff_ids, [digestOf(layer), digestOf('')]);
  assert.deepEqual(image?.config.history?.map(({ created_by }) => created_by), ['/bin/sh -c make', '']);
  assert.deepEqual([image?.config.config?.Cmd, 'parent' in (image?.config ?? {})], [['run'], false]);
  const lost = await archiveOf({ repositories: '{"ancient":{"1":"cc"}}' });
  await assert.rejects(daemon.images.load(chunks(lost), () => {}), { message: 'open cc/json: no such file or directory' });
});

test('a damaged archive is refused and leaves no image', async () => {
  await using daemon = fakeDaemon();
  const id = await daemon.build(layers);
  const tar = await bytesOf(daemon.images.save([id]));
  await daemon.images.remove(id, { prune: true });
  const report = (): void => {};
  await assert.rejects(daemon.images.load(chunks(Buffer.alloc(0)), report), { message: 'open repositories: no such file or directory' });
  await assert.rejects(daemon.images.load(chunks(tar.subarray(0, 5000)), report), { kind: 'DataLoss' });
  const refusals: [Record<string, string>, string][] = [
    [{ hello: 'world' }, 'open repositories: no such file or directory'],
    [{ 'manifest.json': 'null' }, 'invalid manifest, manifest cannot be null (but can be [])'],
    [{ 'manifest.json': '{}' }, 'json: cannot unmarshal object into Go value of type []tarexport.manifestItem'],
    [{ 'manifest.json': 'hello' }, "invalid character 'h' looking for beginning of value"],
    [{ 'manifest.json': '[{"Config":"../../etc/passwd","Layers":[]}]' }, 'open ../../etc/passwd: no such file or directory'],
    [{ 'manifest.json': '[{"Config":"c","Layers":[]}]', c: '{"os":"linux"}' }, 'invalid image JSON, no RootFS key'],
    [{ 'manifest.json': '[{"Config":"c","Layers":[]}]', c: '{"os":"windows","rootfs":{"type":"layers"}}' }, 'cannot load windows image on linux'],
    [{ 'manifest.json': '[{"Config":"c","RepoTags":["x"]}]', c: '{"os":"linux","rootfs":{"type":"layers"}}' }, 'invalid tag "x"'],
  ];
  for (const [files, message] of refusals) await assert.rejects(daemon.images.load(chunks(await archiveOf(files)), report), { message });
  const wrong = Buffer.from(tar);
  wrong.set(Buffer.from('FIRST'), tar.indexOf('first layer'));
  await assert.rejects(daemon.images.load(chunks(wrong), report), { kind: 'DataLoss' });
  assert.deepEqual(daemon.images.list(), []);
});

test('an import that fails says why, takes the stream to its end, and leaves no snapshot', async () => {
  await using daemon = fakeDaemon();
  const tar = await tarOf({ etc: 'root', large: 'x'.repeat(9 << 20) });
  const pieces = async function* (bytes: Buffer, end?: Error) {
    for (let at = 0; at < bytes.length; at += 64 << 10) yield bytes.subarray(at, at + (64 << 10));
    if (end) throw end;
  };
  await assert.rejects(daemon.images.import(pieces(tar.subarray(0, 5 << 20), new Error('hung up')), {}), { message: 'hung up' });
  await assert.rejects(daemon.images.import(pieces(Buffer.alloc(9 << 20, 'no tar at all')), {}), { kind: 'DataLoss' });
  assert.deepEqual(daemon.snapshots.list(), []);
  assert.equal((await daemon.images.import(pieces(tar), {})).size, (9 << 20) + 4);
});

test('import makes an image of one layer out of any tar', async () => {
  await using daemon = fakeDaemon();
  const tar = await tarOf({ etc: 'root' });
  const options = { ref: parseReference('imported'), message: 'Imported from -', config: { Cmd: ['/bin/sh'] } };
  const image = await daemon.images.import(chunks(tar), options);
  assert.deepEqual(image.config.rootfs.diff_ids, [digestOf(tar)]);
  assert.deepEqual(image.tags.map(formatReference), ['docker.io/library/imported:latest']);
  assert.deepEqual([image.config.config?.Cmd, image.config.comment, image.size], [['/bin/sh'], 'Imported from -', 4]);
  const packed = await daemon.images.import(chunks(gzipSync(tar)), {});
  assert.deepEqual(packed.config.rootfs.diff_ids, [digestOf(tar)]);
  const empty = await daemon.images.import(chunks(Buffer.alloc(0)), {});
  assert.deepEqual([empty.config.rootfs.diff_ids, empty.size], [[digestOf('')], 0]);
  await assert.rejects(daemon.images.import(chunks(Buffer.from('no tar at all'.repeat(100))), {}));
  assert.equal(daemon.snapshots.list().filter(({ kind }) => kind === 'active').length, 0);
});
