import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { formatReference, parseReference, withDigest } from '#spec';
import { createRegistryServer } from '#registry';
import { fakeDaemon } from './images.fake.ts';
import type { Progress } from './port.ts';

const home = await mkdtemp(join(tmpdir(), 'naru-transfer-'));
after(() => rm(home, { recursive: true, force: true }));
let number = 0;

async function startRegistry() {
  const server = await createRegistryServer({ root: join(home, String(number++)) });
  return { server, address: await server.listen(0), [Symbol.asyncDispose]: () => server.close() };
}

const layers: Record<string, string>[] = [{ 'etc-os': 'debian', big: 'x'.repeat(3_000_000) }, { second: 'layer' }];

test('an image is pushed, pulled by another daemon, and pushed on bit for bit', async () => {
  await using registry = await startRegistry();
  await using one = fakeDaemon();
  await using two = fakeDaemon();
  const ref = parseReference(`${registry.address}/led/pp:1`);
  const id = await one.build(layers);
  one.images.tag(ref, id);

  const pushed: Progress[] = [];
  const descriptor = await one.images.push(ref, {}, (each) => pushed.push(each));
  const lines = one.lines(pushed);
  assert.equal(lines[0], `The push refers to repository [${registry.address}/led/pp]`);
  assert.equal(lines.filter((line) => line.endsWith('Preparing')).length, 2);
  assert.equal(lines.filter((line) => line.endsWith('Pushed')).length, 2);
  assert.equal(lines.at(-2), `1: digest: ${descriptor.digest} size: ${descriptor.size}`);
  assert.deepEqual(pushed.at(-1), { kind: 'aux', value: { Tag: '1', Digest: descriptor.digest, Size: descriptor.size } });
  assert.deepEqual(one.images.find(id).digests.map(formatReference), [`${registry.address}/led/pp@${descriptor.digest}`]);

  const pulled: Progress[] = [];
  const image = await two.images.pull(ref, {}, (each) => pulled.push(each));
  assert.equal(image.id, id);
  const told = two.lines(pulled);
  assert.equal(told[0], '1: Pulling from led/pp');
  assert.deepEqual(told.slice(-2), [`Digest: ${descriptor.digest}`, `Status: Downloaded newer image for ${registry.address}/led/pp:1`]);
  for (const state of ['Pulling fs layer', 'Verifying Checksum', 'Download complete', 'Pull complete']) assert.equal(told.filter((line) => line.endsWith(state)).length, 2, state);
  assert.equal(await readFile(join(two.snapshots.upperPath(image.chainId ?? ''), 'second'), 'utf8'), 'layer');
  assert.equal(image.size, 3_000_000 + 'debian'.length + 'layer'.length);

  const again: Progress[] = [];
  await two.images.pull(ref, {}, (each) => again.push(each));
  assert.deepEqual(two.lines(again), ['1: Pulling from led/pp', `Digest: ${descriptor.digest}`, `Status: Image is up to date for ${registry.address}/led/pp:1`]);

  const elsewhere = parseReference(`${registry.address}/led/copy:2`);
  two.images.tag(elsewhere, id);
  const copied: Progress[] = [];
  assert.equal((await two.images.push(elsewhere, {}, (each) => copied.push(each))).digest, descriptor.digest);
  assert.equal(two.lines(copied).filter((line) => line.endsWith('Mounted from led/pp')).length, 2);
});

test('a second push finds every layer there and has the same digest', async () => {
  await using registry = await startRegistry();
  await using daemon = fakeDaemon();
  const ref = parseReference(`${registry.address}/again:1`);
  daemon.images.tag(ref, await daemon.build(layers));
  const first = await daemon.images.push(ref, {}, () => {});
  const reports: Progress[] = [];
  const second = await daemon.images.push(ref, {}, (each) => reports.push(each));
  assert.deepEqual(second, first);
  assert.equal(daemon.lines(reports).filter((line) => line.endsWith('Layer already exists')).length, 2);
});

test('pull by digest names no tag; all tags of a repository come with -a', async () => {
  await using registry = await startRegistry();
  await using one = fakeDaemon();
  await using two = fakeDaemon();
  const id = await one.build(layers);
  for (const tag of ['a', 'b']) one.images.tag(parseReference(`${registry.address}/many:${tag}`), id);
  const repository = parseReference(`${registry.address}/many`);
  const { digest } = await one.images.push(repository, {}, () => {});
  const byDigest = withDigest(repository, digest);
  const reports: Progress[] = [];
  const image = await two.images.pull(byDigest, {}, (each) => reports.push(each));
  assert.deepEqual(image.tags, []);
  assert.equal(two.lines(reports)[0], `${formatReference(byDigest)}: Pulling from many`);
  const all = await two.images.pull(repository, { allTags: true }, (each) => reports.push(each));
  assert.deepEqual(all.tags.map((tag) => tag.tag), ['a', 'b']);
  assert.equal(two.lines(reports).at(-1), `Status: Downloaded newer image for ${registry.address}/many`);
});

test('what is not there is said in the words of Docker, before anything is reported', async () => {
  await using registry = await startRegistry();
  await using daemon = fakeDaemon();
  const report = (): never => assert.fail('nothing to report');
  const missing = parseReference(`${registry.address}/led/nope:1`);
  await assert.rejects(daemon.images.pull(missing, {}, report), { kind: 'NotFound', message: `manifest for ${registry.address}/led/nope:1 not found: manifest unknown: manifest unknown` });
  const ref = parseReference(`${registry.address}/led/pp:1`);
  daemon.images.tag(ref, await daemon.build(layers));
  await daemon.images.push(ref, {}, () => {});
  await assert.rejects(daemon.images.pull(parseReference(`${registry.address}/led/pp:2`), {}, report), { kind: 'NotFound', message: `manifest for ${registry.address}/led/pp:2 not found: manifest unknown: manifest unknown` });
  await assert.rejects(daemon.images.push(missing, {}, () => {}), { message: `An image does not exist locally with the tag: ${registry.address}/led/nope` });
  await assert.rejects(daemon.images.pull(parseReference('127.0.0.1:1/x:1'), {}, report), { message: 'Get "http://127.0.0.1:1/v2/": dial tcp 127.0.0.1:1: connect: connection refused' });
});

test('Docker Hub is asked through a mirror, which keeps the name', async () => {
  await using registry = await startRegistry();
  await using one = fakeDaemon();
  await using two = fakeDaemon({ mirrors: [`http://${registry.address}`] });
  const there = parseReference(`${registry.address}/library/centos:7`);
  one.images.tag(there, await one.build(layers));
  await one.images.push(there, {}, () => {});
  const reports: Progress[] = [];
  const image = await two.images.pull(parseReference('centos:7'), {}, (each) => reports.push(each));
  assert.deepEqual(image.tags.map(formatReference), ['docker.io/library/centos:7']);
  assert.equal(two.lines(reports)[0], '7: Pulling from library/centos');
  assert.equal(two.lines(reports).at(-1), 'Status: Downloaded newer image for centos:7');
});
