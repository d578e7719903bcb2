import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestOf, NotFound, type Digest } from '#base';
import type { Image, Images } from '#images';
import { familiarReference, formatReference, parseReference } from '#spec';
import type { Engine } from '../context.ts';
import { pruneImages } from './prune.ts';
import { removeImage, type RemoveImage } from './remove.ts';

type Room = Pick<Engine, 'images' | 'containers' | 'supervisor' | 'events' | 'clock'>;
interface Given {
  readonly refs?: string[];
  readonly parent?: string;
}

const idOf = (name: string): Digest => digestOf(name);
const short = (name: string) => idOf(name).slice(7, 19);

/** Images in memory by a name for the test; `containers` are [id, image, status]. */
function room(given: Record<string, Given>, containers: [string, string, string][] = []): Room {
  const held = new Map(
    Object.entries(given).map(([name, { refs = [], parent }]): [Digest, Image] => {
      const parsed = refs.map(parseReference);
      const image = {
        id: idOf(name), config: { architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [idOf(`layer ${name}`)] } },
        tags: parsed.filter((ref) => !ref.digest), digests: parsed.filter((ref) => ref.digest), parent: parent && idOf(parent), created: 0, size: 1,
      };
      return [image.id, image as unknown as Image];
    }),
  );
  const lookup = (name: string): Image | undefined =>
    [...held.values()].find((image) => image.id.startsWith(name) || image.id.slice(7).startsWith(name) || [...image.tags, ...image.digests].some((ref) => familiarReference(ref) === name || formatReference(ref) === name));
  const images: Partial<Images> = {
    lookup,
    find(name) {
      const image = lookup(name);
      if (!image) throw new NotFound(`No such image: ${name}`);
      return image;
    },
    list: () => [...held.values()],
    layerSizes: () => [10],
    untag(ref) {
      const same = (other: typeof ref) => formatReference(other) === formatReference(ref);
      for (const [id, image] of held) held.set(id, { ...image, tags: image.tags.filter((tag) => !same(tag)), digests: image.digests.filter((digest) => !same(digest)) });
    },
    remove: async (id) => {
      const image = held.get(id);
      held.delete(id);
      return { untagged: [], deleted: [id, ...(image?.config.rootfs.diff_ids ?? [])] };
    },
  };
  return {
    images,
    containers: { list: () => containers.map(([id, image]) => ({ id, image: idOf(image), wantedMounts: [] })) },
    supervisor: { state: (id: string) => ({ status: containers.find(([other]) => other === id)?.[2] }) },
    events: { publish: () => undefined },
    clock: { now: () => 0 },
  } as unknown as Room;
}

async function rmi(engine: Room, name: string, options: Partial<RemoveImage> = {}): Promise<string[]> {
  const done = await removeImage(engine, name, { force: false, prune: true, ...options });
  return done.map((item) => ('Untagged' in item ? `untagged ${item.Untagged}` : item.Deleted));
}

const digestRef = `localhost:5000/pp@${idOf('manifest')}`;
const gone = (name: string) => [idOf(name), idOf(`layer ${name}`)];

test('the last tag takes the image and the digests of its repository along', async () => {
  const engine = room({ a: { refs: ['localhost:5000/pp:1', digestRef] } });
  assert.deepEqual(await rmi(engine, 'localhost:5000/pp:1'), ['untagged localhost:5000/pp:1', `untagged ${digestRef}`, ...gone('a')]);
});

test('one tag of two only goes itself', async () => {
  assert.deepEqual(await rmi(room({ a: { refs: ['x:1', 'x:2'] } }), 'x:1'), ['untagged x:1']);
});

test('an id with tags in two repositories needs force', async () => {
  const given = { a: { refs: ['x:1', 'y:1'] } };
  const message = `conflict: unable to delete ${short('a')} (must be forced) - image is referenced in multiple repositories`;
  await assert.rejects(rmi(room(given), short('a')), { name: 'Conflict', message });
  assert.deepEqual(await rmi(room(given), short('a'), { force: true }), ['untagged x:1', 'untagged y:1', ...gone('a')]);
});

test('a container that uses the image keeps its last name, unless forced', async () => {
  const given = { a: { refs: ['x:1'] } };
  const stopped: [string, string, string][] = [['57747e018d23ffff', 'a', 'exited']];
  await assert.rejects(rmi(room(given, stopped), 'x:1'), {
    message: `conflict: unable to remove repository reference "x:1" (must force) - container 57747e018d23 is using its referenced image ${short('a')}`,
  });
  await assert.rejects(rmi(room(given, stopped), short('a')), {
    message: `conflict: unable to delete ${short('a')} (must be forced) - image is being used by stopped container 57747e018d23`,
  });
  assert.deepEqual(await rmi(room(given, stopped), 'x:1', { force: true }), ['untagged x:1', ...gone('a')]);
});

test('under a running container force takes the name alone, and never the id', async () => {
  const running: [string, string, string][] = [['57747e018d23ffff', 'a', 'running']];
  assert.deepEqual(await rmi(room({ a: { refs: ['x:1'] } }, running), 'x:1', { force: true }), ['untagged x:1']);
  await assert.rejects(rmi(room({ a: {} }, running), short('a'), { force: true }), {
    message: `conflict: unable to delete ${short('a')} (cannot be forced) - image is being used by running container 57747e018d23`,
  });
});

test('parents go as far as nobody needs them, and stay without prune', async () => {
  const given = { base: { refs: ['base:1'] }, step: { parent: 'base' }, top: { parent: 'step', refs: ['x:1'] } };
  assert.deepEqual(await rmi(room(given), 'x:1'), ['untagged x:1', ...gone('top'), ...gone('step')]);
  assert.deepEqual(await rmi(room(given), 'x:1', { prune: false }), ['untagged x:1', ...gone('top')]);
  assert.deepEqual(await rmi(room(given), 'base:1'), ['untagged base:1']);
});

test('prune takes what has no tag; with dangling=false what no container uses', async () => {
  const given = { tagged: { refs: ['x:1'] }, dangling: {}, used: { refs: ['y:1'] } };
  const users: [string, string, string][] = [['c1', 'used', 'exited']];
  const engine = room(given, users);
  const dangling = await pruneImages(engine, new Map());
  assert.deepEqual(dangling, { ImagesDeleted: gone('dangling').map((id) => ({ Deleted: id })), SpaceReclaimed: 10 });
  const rest = await pruneImages(engine, new Map([['dangling', ['false']]]));
  assert.deepEqual(rest.ImagesDeleted, [{ Untagged: 'x:1' }, ...gone('tagged').map((id) => ({ Deleted: id }))]);
  assert.deepEqual(await pruneImages(engine, new Map()), { ImagesDeleted: null, SpaceReclaimed: 0 });
});

test('a blank name is no name', async () => {
  await assert.rejects(removeImage(room({}), ' ', { force: false, prune: true }), { kind: 'InvalidArgument', message: 'image name cannot be blank' });
});
