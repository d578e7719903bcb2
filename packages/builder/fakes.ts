/**
 * Rooms for tests, without root: snapshots are plain directories (a child is a copy of its parent), images live in
 * memory, a container runs a function.
 */
import { createHash } from 'node:crypto';
import { cpSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Conflict, digestOf, NotFound, type Digest } from '#base';
import type { Image, Images } from '#images';
import type { OutputChunk } from '#runtime';
import type { Mount, Snapshotter } from '#snapshots';
import { familiarReference, hostPlatform, parseReference, withDefaultTag, type ContainerDefaults, type ImageConfig } from '#spec';
import type { ContainerSpec, Supervisor } from '#supervisor';
import type { Trees } from './copy/trees.ts';

/** Writes files below `root`; a name that ends with a slash is a directory. */
export function writeFiles(root: string, files: Readonly<Record<string, string>>): void {
  mkdirSync(root, { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    const path = join(root, name);
    mkdirSync(name.endsWith('/') ? path : dirname(path), { recursive: true });
    if (!name.endsWith('/')) writeFileSync(path, text);
  }
}

/** Every file and directory below `root` with what it holds. */
export function listFiles(root: string): Record<string, string> {
  const files: Record<string, string> = {};
  for (const name of readdirSync(root, { recursive: true, encoding: 'utf8' }).toSorted()) {
    const path = join(root, name);
    const stat = lstatSync(path);
    if (stat.isDirectory()) files[`${name}/`] = '';
    else files[name] = stat.isSymbolicLink() ? `-> ${readlinkSync(path)}` : readFileSync(path, 'utf8');
  }
  return files;
}

export interface FakeSnapshots extends Pick<Snapshotter, 'prepare' | 'view' | 'mounts' | 'upperPath' | 'commit' | 'list' | 'remove'> {
  readonly keys: Map<string, { readonly parent: string | undefined }>;
  path(key: string): string;
}

export function fakeSnapshots(root: string): FakeSnapshots {
  const keys = new Map<string, { parent: string | undefined }>();
  const path = (key: string): string => join(root, key.replace(':', '-'));
  const mounts = (key: string): Mount[] => [{ type: 'bind', source: path(key), options: [] }];
  const prepare = async (key: string, parent: string | undefined): Promise<Mount[]> => {
    if (keys.has(key)) throw new Conflict(`snapshot ${key} exists`);
    mkdirSync(path(key), { recursive: true });
    if (parent !== undefined) cpSync(path(parent), path(key), { recursive: true, verbatimSymlinks: true });
    keys.set(key, { parent });
    return mounts(key);
  };
  return {
    keys,
    path,
    mounts,
    upperPath: path,
    prepare,
    view: prepare,
    list: () => [...keys].map(([key, { parent }]) => ({ key, parent, kind: 'active', created: 0 })),
    async commit(name, key) {
      const info = keys.get(key);
      if (!info) throw new NotFound(`snapshot ${key} not found`);
      if (keys.has(name)) rmSync(path(key), { recursive: true });
      else renameSync(path(key), path(name));
      keys.delete(key);
      keys.set(name, info);
    },
    async remove(key) {
      rmSync(path(key), { recursive: true, force: true });
      keys.delete(key);
    },
  };
}

export interface FakeImages extends Pick<Images, 'find' | 'lookup' | 'register' | 'commitLayer' | 'unpack' | 'tag' | 'pull' | 'squash'> {
  /** Makes an image of one layer and tags it. */
  add(name: string, files: Readonly<Record<string, string>>, config?: ContainerDefaults): Promise<Image>;
  /** As if it had been removed. */
  forget(id: Digest): void;
  readonly pulled: string[];
}

export function fakeImages(snapshots: FakeSnapshots): FakeImages {
  const byId = new Map<Digest, Image>();
  const tags = new Map<string, Digest>();
  const pulled: string[] = [];
  const lookup = (name: string): Image | undefined => {
    const known = byId.get(name as Digest);
    if (known || name.startsWith('sha256:')) return known;
    const id = tags.get(familiarReference(withDefaultTag(parseReference(name))));
    return id === undefined ? undefined : byId.get(id);
  };
  const register = async (config: ImageConfig, { parent }: { parent?: Digest }): Promise<Image> => {
    const id = digestOf(JSON.stringify(config));
    const chainId = config.rootfs.diff_ids.reduce<Digest | undefined>((chain, diff) => chained(chain, diff), undefined);
    const image: Image = { id, config, parent, chainId, tags: [], digests: [], manifest: undefined, created: 0, lastTagged: undefined, size: 0 };
    byId.set(id, image);
    return image;
  };
  const commitLayer: Images['commitLayer'] = async (key, parent) => {
    const before = parent === undefined ? {} : listFiles(snapshots.path(parent));
    const after = listFiles(snapshots.path(key));
    const changed = Object.entries(after).filter(([name, text]) => before[name] !== text);
    const gone = Object.keys(before).filter((name) => !(name in after));
    const empty = changed.length === 0 && gone.length === 0;
    const diffId = digestOf(JSON.stringify([changed, gone]));
    const chainId = chained(parent, diffId);
    if (!empty) await snapshots.commit(chainId, key);
    return { diffId, chainId, size: 0, empty };
  };
  return {
    pulled,
    lookup,
    register,
    squash: async (image, base) => register({ ...image.config, rootfs: { type: 'layers', diff_ids: [...(base?.config.rootfs.diff_ids ?? []), digestOf(Buffer.from(`squashed ${image.id}`))] } }, {}),
    commitLayer,
    find(name) {
      const image = lookup(name);
      if (!image) throw new NotFound(`No such image: ${name}`);
      return image;
    },
    unpack: async (image) => image.chainId,
    tag: (ref, id) => void tags.set(familiarReference(ref), id),
    async pull(ref) {
      pulled.push(familiarReference(ref));
      throw new NotFound(`manifest for ${familiarReference(ref)} not found: manifest unknown: manifest unknown`);
    },
    async add(name, files, config = {}) {
      const key = `import-${name}`;
      await snapshots.prepare(key, undefined);
      writeFiles(snapshots.path(key), files);
      const { diffId } = await commitLayer(key, undefined);
      const image = await register({ ...hostPlatform(), config, rootfs: { type: 'layers', diff_ids: [diffId] }, history: [{ comment: 'imported' }] }, {});
      tags.set(familiarReference(withDefaultTag(parseReference(name))), image.id);
      return image;
    },
    forget: (id) => void byId.delete(id),
  };
}

function chained(parent: Digest | undefined, diff: Digest): Digest {
  return parent === undefined ? diff : digestOf(`${parent} ${diff}`);
}

/** What a container does: writes below its root, says something, ends with a code. */
export type Program = (container: {
  readonly spec: ContainerSpec;
  readonly root: string;
  readonly say: (text: string, stream?: 1 | 2) => void;
  /** Resolves when the container is killed. */
  readonly killed: Promise<void>;
}) => number | Promise<number>;

type SupervisorOfBuilds = Pick<Supervisor, 'create' | 'attach' | 'start' | 'wait' | 'kill' | 'list' | 'remove' | 'withRoot'>;

export interface FakeSupervisor extends SupervisorOfBuilds {
  /** Containers that are there. */
  readonly containers: Map<string, ContainerSpec>;
  /** Every container there ever was. */
  readonly seen: ContainerSpec[];
}

export function fakeSupervisor(snapshots: FakeSnapshots, program: Program): FakeSupervisor {
  const containers = new Map<string, ContainerSpec>();
  const seen: ContainerSpec[] = [];
  const output: OutputChunk[] = [];
  const exits = new Map<string, number>();
  const kills = new Map<string, PromiseWithResolvers<void>>();
  const gates = new Map<string, PromiseWithResolvers<void>>();
  return {
    containers,
    seen,
    list: () => [...containers.keys()].map((id) => ({ id, status: 'exited', pid: 0, startedAt: 0, finishedAt: 0, exit: undefined, error: '', endpoints: [] })),
    withRoot: async (id, work) => work(snapshots.upperPath(id)),
    async create(spec) {
      await snapshots.prepare(spec.id, spec.chainId);
      containers.set(spec.id, spec);
      kills.set(spec.id, Promise.withResolvers());
      seen.push(spec);
    },
    async attach(id) {
      const gate = Promise.withResolvers<void>();
      gates.set(id, gate);
      return {
        stdin: undefined,
        output: (async function* () {
          await gate.promise;
          yield* output.splice(0);
        })(),
        [Symbol.asyncDispose]: async () => gate.resolve(),
      };
    },
    async start(id) {
      const spec = containers.get(id);
      if (!spec) throw new NotFound(`no container ${id}`);
      const say = (text: string, stream: 1 | 2 = 1): void => void output.push({ stream, bytes: Buffer.from(text) });
      exits.set(id, await program({ spec, root: snapshots.path(id), say, killed: kills.get(id)?.promise ?? Promise.resolve() }));
      gates.get(id)?.resolve();
    },
    wait: async (id) => ({ code: exits.get(id) ?? 255, signal: undefined, oomKilled: false, at: 0 }),
    async kill(id) {
      kills.get(id)?.resolve();
    },
    async remove(id) {
      await snapshots.remove(id);
      containers.delete(id);
    },
  };
}

/** Node's own copying; owners are not kept, archives are files whose text begins with `tar:` and holds one JSON of files. */
export function fakeTrees(): Trees {
  return {
    async checksum(path) {
      const text = lstatSync(path).isDirectory() ? JSON.stringify(listFiles(path)) : readFileSync(path);
      return createHash('sha256').update(text).digest('hex');
    },
    async makeDirectories(path) {
      mkdirSync(path, { recursive: true });
    },
    async copy(source, destination) {
      cpSync(source, destination, { recursive: true, verbatimSymlinks: true });
    },
    async unpack(archive, destination) {
      const text = readFileSync(archive, 'utf8');
      if (!text.startsWith('tar:')) return false;
      writeFiles(destination, JSON.parse(text.slice(4)) as Record<string, string>);
      return true;
    },
  };
}
