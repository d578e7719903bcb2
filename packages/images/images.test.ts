import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hexOf } from '#base';
import { parseReference, withDigest } from '#spec';
import { fakeDaemon } from './images.fake.ts';

test('an image is found by name, digest, id and the beginning of an id, names first', async () => {
  await using daemon = fakeDaemon();
  const { images } = daemon;
  const id = await daemon.build([{ a: 'x' }]);
  images.tag(parseReference('bb'), id);
  for (const name of ['bb', 'bb:latest', 'docker.io/library/bb', id, hexOf(id), hexOf(id).slice(0, 12), id.slice(0, 15)]) assert.equal(images.find(name).id, id, name);
  const short = hexOf(id).slice(0, 6);
  const other = await daemon.build([{ a: 'y' }]);
  images.tag(parseReference(short), other);
  assert.equal(images.find(short).id, other);
  assert.throws(() => images.find('led-ghost'), { kind: 'NotFound', message: 'No such image: led-ghost:latest' });
  assert.throws(() => images.find('UPPER'), { kind: 'InvalidArgument' });
  assert.equal(images.lookup('led-ghost'), undefined);
});

test('tags move, and leave the old image dangling', async () => {
  await using daemon = fakeDaemon();
  const { images } = daemon;
  const [old, next] = [await daemon.build([{ a: '1' }]), await daemon.build([{ a: '2' }])];
  images.tag(parseReference('x:1'), old);
  images.tag(parseReference('x:1'), next);
  assert.deepEqual([images.find(old).tags.length, images.find(next).tags.length], [0, 1]);
  assert.ok((images.find(next).lastTagged ?? 0) > 0);
  images.untag(parseReference('x:1'));
  assert.equal(images.lookup('x:1'), undefined);
});

test('remove tells references, image and layers in order, and keeps what others need', async () => {
  await using daemon = fakeDaemon();
  const { images, snapshots } = daemon;
  const base = await daemon.build([{ a: 'base' }]);
  const chains = [images.find(base).chainId];
  const child = await daemon.build([{ a: 'base' }, { b: 'child' }]);
  images.tag(parseReference('x:1'), child);
  chains.push(images.find(child).chainId);
  assert.deepEqual(await images.remove(child, { prune: true }), { untagged: ['x:1'], deleted: [child, chains[1]] });
  assert.ok(snapshots.stat(chains[0] ?? ''));
  assert.deepEqual(await images.remove(base, { prune: true }), { untagged: [], deleted: [base, chains[0]] });
  assert.deepEqual(await Array.fromAsync(daemon.content.list()), []);
});

test('with prune, parents that nobody names go too', async () => {
  await using daemon = fakeDaemon();
  const { images } = daemon;
  const config = images.find(await daemon.build([{ a: 'x' }])).config;
  const step = async (Cmd: string[], parent?: Parameters<typeof images.register>[1]['parent']) => (await images.register({ ...config, config: { Cmd } }, { parent })).id;
  const first = await step(['1']);
  const second = await step(['2'], first);
  const third = await step(['3'], second);
  images.tag(parseReference('kept'), first);
  const { deleted } = await images.remove(third, { prune: true });
  assert.deepEqual(deleted, [third, second]);
  assert.equal(images.find('kept').id, first);
});

test('a layer under a container outlives its image and goes with collect', async () => {
  await using daemon = fakeDaemon();
  const { images, snapshots } = daemon;
  const id = await daemon.build([{ a: 'x' }]);
  const { chainId = '' } = images.find(id);
  await snapshots.prepare('container', chainId);
  assert.deepEqual((await images.remove(id, { prune: true })).deleted, [id]);
  assert.ok(snapshots.stat(chainId));
  await snapshots.remove('container');
  assert.ok((await images.collect()) > 0);
  assert.equal(snapshots.stat(chainId), undefined);
});

test('a container’s layer is committed without touching the container; nothing changed is nothing stored', async () => {
  await using daemon = fakeDaemon();
  const { images, snapshots } = daemon;
  const parent = images.find(await daemon.build([{ a: 'x' }])).chainId;
  await snapshots.prepare('container', parent);
  assert.equal((await images.commitLayer('container', parent)).empty, true);
  const { writeFile } = await import('node:fs/promises');
  await writeFile(`${snapshots.upperPath('container')}/new`, 'file');
  const layer = await images.commitLayer('container', parent);
  assert.equal(snapshots.stat('container')?.kind, 'active');
  assert.equal(snapshots.stat(layer.chainId)?.kind, 'committed');
  assert.equal(snapshots.stat(layer.chainId)?.parent, parent);
});

test('recover clears half-unpacked layers and what no image has', async () => {
  await using daemon = fakeDaemon();
  const { images, snapshots } = daemon;
  const id = await daemon.build([{ a: 'x' }]);
  await snapshots.prepare('unpack-left', undefined);
  await snapshots.prepare('container', images.find(id).chainId);
  await daemon.content.put('a blob of nobody');
  await images.recover();
  assert.deepEqual(snapshots.list().map(({ key }) => key).toSorted(), ['container', images.find(id).chainId].toSorted());
  assert.equal((await Array.fromAsync(daemon.content.list())).length, 2);
});

test('digest references are kept beside tags', async () => {
  await using daemon = fakeDaemon();
  const id = await daemon.build([{ a: 'x' }]);
  daemon.images.tag(parseReference('x:1'), id);
  daemon.images.untag(withDigest(parseReference('x'), id));
  assert.equal(daemon.images.find('x:1').id, id);
});
