/**
 * Stand-ins for tests without root: a snapshotter whose layers are plain directories, and a codec that unpacks the
 * regular files of a tar into them on the main thread.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Conflict, Database, digestOf, digestOfHash, NotFound, readTar, writeTar } from '#base';
import type { Digest } from '#base';
import { openContentStore } from '#content';
import type { SnapshotInfo, Snapshotter } from '#snapshots';
import { decompressed } from './archive/decompress.ts';
import { createImages } from './create.ts';
import type { RegistryPolicy } from './distribution/endpoints.ts';
import type { LayerCodec } from './layer-codec.ts';
import type { Images, Progress } from './port.ts';

/** A tar archive of regular files. */
export async function tarOf(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const entries = Object.entries(files).map(([name, body]) => ({ member: { name, type: 'file' as const, mode: 0o644 }, body }));
  return Buffer.concat(await Array.fromAsync(writeTar(entries)));
}

export class FakeSnapshots {
  readonly driver = 'fake';
  readonly root: string;
  readonly #rows = new Map<string, SnapshotInfo & { directory: string }>();
  #next = 0;

  constructor(root: string) {
    this.root = root;
  }

  stat = (key: string) => this.#rows.get(key);
  list = () => [...this.#rows.values()];
  upperPath = (key: string) => this.#get(key).directory;
  usage = async () => ({ bytes: 0, inodes: 0 });
  recover = async () => {};

  lowerPaths = (key: string): string[] => {
    const { directory, parent } = this.#get(key);
    return [directory, ...(parent === undefined ? [] : this.lowerPaths(parent))];
  };

  prepare = async (key: string, parent: string | undefined) => {
    if (parent !== undefined && this.#rows.get(parent)?.kind !== 'committed') throw new NotFound(`parent snapshot ${parent} does not exist`);
    const directory = join(this.root, String(this.#next++));
    await mkdir(directory, { recursive: true });
    this.#rows.set(key, { key, kind: 'active', parent, created: 0, directory });
    return [];
  };

  commit = async (name: string, key: string) => {
    const row = this.#get(key);
    this.#rows.delete(key);
    if (!this.#rows.has(name)) this.#rows.set(name, { ...row, key: name, kind: 'committed' });
  };

  remove = async (key: string) => {
    if (this.list().some((row) => row.parent === key)) throw new Conflict(`snapshot ${key} has children`);
    const row = this.#rows.get(key);
    this.#rows.delete(key);
    if (row) await rm(row.directory, { recursive: true, force: true });
  };

  #get(key: string) {
    const row = this.#rows.get(key);
    if (!row) throw new NotFound(`snapshot ${key} does not exist`);
    return row;
  }
}

export const fakeCodec: LayerCodec = {
  applyLayer: async ({ source, upper, signal }) => {
    const hash = createHash('sha256');
    let [tarSize, size] = [0, 0];
    const bytes = typeof source === 'string' ? [await readFile(source)] : source;
    const hashed = async function* () {
      for await (const chunk of decompressed(toAsync(bytes))) {
        hash.update(chunk);
        tarSize += chunk.length;
        yield chunk;
      }
    };
    for await (const member of readTar(hashed())) {
      signal?.throwIfAborted();
      if (member.header.type !== 'file') continue;
      await mkdir(dirname(join(upper, member.header.name)), { recursive: true });
      const content = await member.bytes();
      size += content.length;
      await writeFile(join(upper, member.header.name), content);
    }
    return { diffId: digestOfHash(hash), tarSize, size };
  },
  diffLayer: async ({ upper }, path) => {
    const names = (await readdir(upper)).toSorted();
    const tar = await tarOf(Object.fromEntries(await Promise.all(names.map(async (name) => [name, await readFile(join(upper, name), 'utf8')] as const))));
    await writeFile(path, tar);
    return { diffId: digestOf(tar), size: tar.length, contentSize: tar.length, empty: names.length === 0 };
  },
  gzip: async (tarPath, gzipPath, growing) => {
    const bytes = gzipSync(await readFile(tarPath));
    await writeFile(`${gzipPath}.part`, bytes);
    await rename(`${gzipPath}.part`, gzipPath);
    growing.finish(gzipPath, bytes.length);
    return { digest: digestOf(bytes), size: bytes.length };
  },
};

async function* toAsync(chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

export interface FakeDaemon extends AsyncDisposable {
  readonly images: Images;
  readonly snapshots: FakeSnapshots;
  readonly content: ReturnType<typeof openContentStore>;
  readonly db: Database;
  /** Makes an image of one file a layer, built here, and gives its id. */
  build(layers: readonly Readonly<Record<string, string>>[]): Promise<Digest>;
  /** What was reported, as `id: text` lines without numbers. */
  lines(reports: readonly Progress[]): string[];
}

const home = mkdtempSync(join(tmpdir(), 'naru-images-'));
after(() => rm(home, { recursive: true, force: true }));
let number = 0;

/** The image room of a small daemon with its own data root. */
export function fakeDaemon(registries: RegistryPolicy = {}, root = join(home, String(number++))): FakeDaemon {
  const content = openContentStore(join(root, 'content'));
  const db = new Database(':memory:');
  const snapshots = new FakeSnapshots(join(root, 'snapshots'));
  const images = createImages({
    db,
    content,
    snapshots: snapshots as unknown as Snapshotter,
    codec: fakeCodec,
    registries: { certsDir: join(root, 'certs.d'), ...registries },
    userAgent: 'naru/test',
  });
  return {
    images,
    snapshots,
    content,
    db,
    build: (layers) => build(images, snapshots, layers),
    lines: (reports) => reports.map(lineOf),
    [Symbol.asyncDispose]: async () => {
      images.close();
      db[Symbol.dispose]();
    },
  };
}

function lineOf(report: Progress): string {
  if (report.kind === 'aux') return 'aux';
  const text = report.kind === 'message' ? report.text : report.action;
  return report.id === undefined ? text : `${report.id}: ${text}`;
}

async function build(images: Images, snapshots: FakeSnapshots, layers: readonly Readonly<Record<string, string>>[]): Promise<Digest> {
  let parent: Digest | undefined;
  const diffIds: Digest[] = [];
  for (const files of layers) {
    await snapshots.prepare('step', parent);
    for (const [name, text] of Object.entries(files)) await writeFile(join(snapshots.upperPath('step'), name), text);
    const layer = await images.commitLayer('step', parent, { consume: true });
    parent = layer.chainId;
    diffIds.push(layer.diffId);
  }
  const image = await images.register({ architecture: 'amd64', os: 'linux', config: { Cmd: ['/x'] }, rootfs: { type: 'layers', diff_ids: diffIds } }, {});
  return image.id;
}
