/** The image room on the real rooms: overlay snapshots, worker threads, registries by http and https, kill -9. Needs root. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { linkSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { Database, writeTar, type Digest, type TarEntry } from '#base';
import { openContentStore } from '#content';
import { createImages, type Images, type Progress, type RegistryPolicy } from '#images';
import { cwd, getXattr, mknodat, nodeTypes, setXattr } from '#kernel';
import { createRegistryServer, type RegistryOptions } from '#registry';
import { overlaySnapshotter, withMounts, type Snapshotter } from '#snapshots';
import { parseReference } from '#spec';
import { ok, root as checkout, run } from '../support/command.ts';
import { Proxy } from '../support/proxy.ts';

const skip = process.getuid?.() === 0 ? false : 'mounting and mknod need root';

describe('images on overlay snapshots', { skip }, () => {
  const home = mkdtempSync(join(tmpdir(), 'naru-images-'));
  after(() => rmSync(home, { recursive: true, force: true }));
  let number = 0;

  it('layers that a container made reach another daemon through a registry as they were', async () => {
    await using registry = await startRegistry(home);
    using one = daemon(join(home, String(number++)));
    using two = daemon(join(home, String(number++)));
    const base = await one.images.import(tarOf(baseEntries), {});
    const id = await committed(one, base.chainId, base.config.rootfs.diff_ids, (root) => {
      rmSync(join(root, 'gone'));
      rmSync(join(root, 'opaque'), { recursive: true });
      mkdirSync(join(root, 'opaque'));
      writeFileSync(join(root, 'opaque/new'), 'only this');
      linkSync(join(root, 'kept'), join(root, 'hard'));
      symlinkSync('kept', join(root, 'soft'));
      mknodat(cwd, join(root, 'null'), nodeTypes.char | 0o666, 1, 3);
      setXattr(join(root, 'kept'), 'user.naru', Buffer.from([0, 255, 1]));
    });
    const ref = parseReference(`${registry.address}/tree:1`);
    one.images.tag(ref, id);
    const { digest } = await one.images.push(ref, {}, () => {});
    const pulled = await two.images.pull(ref, {}, () => {});
    assert.equal(pulled.id, id);
    const [here, there] = [await look(one, pulled.chainId), await look(two, pulled.chainId)];
    assert.deepEqual(there, here);
    assert.deepEqual(Object.keys(there).toSorted(), ['dir', 'dir/owned', 'hard', 'kept', 'null', 'opaque', 'opaque/new', 'soft']);
    assert.equal(there.kept, there.hard);
    two.images.tag(parseReference(`${registry.address}/again:1`), id);
    assert.equal((await two.images.push(parseReference(`${registry.address}/again:1`), {}, () => {})).digest, digest);
    assert.equal((await two.images.remove(id, { prune: true })).deleted.length, 3);
    assert.deepEqual([two.snapshots.list(), await Array.fromAsync(two.content.list())], [[], []]);
  });

  it('layers compressed in every way that Docker knows are loaded and imported', async () => {
    using one = daemon(join(home, String(number++)));
    const tar = Buffer.concat(await Array.fromAsync(tarOf(baseEntries)));
    const expected = await one.images.import([tar] as never as AsyncIterable<Uint8Array>, {});
    for (const tool of ['gzip', 'zstd', 'bzip2', 'xz']) {
      const path = join(home, `layer.${tool}`);
      writeFileSync(path, tar);
      if ((await run('sh', ['-c', `command -v ${tool} && ${tool} -f -k --stdout ${path} > ${path}.out`])).code !== 0) continue;
      const image = await one.images.import([readFileSync(`${path}.out`)] as never as AsyncIterable<Uint8Array>, {});
      assert.equal(image.chainId, expected.chainId, tool);
    }
  });

  it('a daemon killed in the middle of a pull leaves what the next one clears and goes on from', async () => {
    await using registry = await startRegistry(home);
    using one = daemon(join(home, String(number++)));
    const random = randomBytes(8 << 20);
    const image = await one.images.import(tarOf([{ member: { name: 'random', type: 'file' }, body: random }]), {});
    const ref = `${registry.address}/large:1`;
    one.images.tag(parseReference(ref), image.id);
    await one.images.push(parseReference(ref), {}, () => {});
    await using proxy = await Proxy.start(registry.address);
    proxy.damage = 'hang-up-always';
    const through = `${proxy.address}/large:1`;
    const dataRoot = join(home, 'killed');
    const child = spawn(process.execPath, [join(checkout, 'tests/support/pull-and-die.ts'), dataRoot, through], { stdio: ['ignore', 'pipe', 'inherit'] });
    child.stdout.on('data', () => child.kill('SIGKILL'));
    await once(child, 'exit');
    proxy.damage = 'none';
    using next = daemon(dataRoot);
    await next.snapshots.recover();
    await next.images.recover();
    assert.deepEqual([next.images.list(), next.snapshots.list(), await Array.fromAsync(next.content.list())], [[], [], []]);
    assert.equal(readdirSync(join(dataRoot, 'content/ingest')).length, 1);
    assert.equal((await next.images.pull(parseReference(through), {}, () => {})).id, image.id);
    assert.equal(proxy.resumed > 0, true);
    assert.equal(readdirSync(join(dataRoot, 'content/ingest')).length, 0);
  });

  const own = Object.values(networkInterfaces()).flat().find((each) => each?.family === 'IPv4' && !each.internal)?.address;
  it('a registry by https is trusted by its authority under certs.d alone', { skip: own ? false : 'there is no address but loopback, which is trusted anyway' }, async () => {
    const certificates = await makeCertificates(join(home, 'tls'), own ?? '');
    await using registry = await startRegistry(home, { tls: { cert: readFileSync(certificates.cert), key: readFileSync(certificates.key) } }, own);
    const certsDir = join(home, 'certs.d');
    using refused = daemon(join(home, String(number++)), { certsDir });
    const ref = parseReference(`${registry.address}/x:1`);
    const image = await refused.images.import(tarOf(baseEntries), { ref });
    await assert.rejects(refused.images.push(ref, {}, () => {}), { message: `Get "https://${registry.address}/v2/": tls: failed to verify certificate: x509: certificate signed by unknown authority` });
    mkdirSync(join(certsDir, registry.address), { recursive: true });
    writeFileSync(join(certsDir, registry.address, 'ca.crt'), readFileSync(certificates.ca));
    using trusting = daemon(join(home, String(number++)), { certsDir });
    await trusting.images.import(tarOf(baseEntries), { ref });
    await trusting.images.push(ref, {}, () => {});
    using careless = daemon(join(home, String(number++)), { certsDir: join(home, 'none'), insecure: [registry.address] });
    assert.deepEqual((await careless.images.pull(ref, {}, () => {})).config.rootfs, image.config.rootfs);
  });

  it('a tar that is compressed at push is the same blob at the next', async () => {
    await using registry = await startRegistry(home);
    using one = daemon(join(home, String(number++)));
    const base = await one.images.import(tarOf(baseEntries), {});
    const id = await committed(one, base.chainId, base.config.rootfs.diff_ids, (root) => writeFileSync(join(root, 'big'), Buffer.alloc(5 << 20, 'naru ')));
    const told: Progress[] = [];
    for (const tag of ['1', '2']) {
      const ref = parseReference(`${registry.address}/same:${tag}`);
      one.images.tag(ref, id);
      await one.images.push(ref, {}, (each) => told.push(each));
    }
    const digests = told.filter((each) => each.kind === 'aux').map((each) => (each.value as { Digest: string }).Digest);
    assert.equal(new Set(digests).size, 1);
  });
});

const baseEntries: TarEntry[] = [
  { member: { name: 'dir/', type: 'directory', mode: 0o1777 } },
  { member: { name: 'dir/owned', type: 'file', mode: 0o4755, uid: 7, gid: 8, mtime: 1000 }, body: 'owned' },
  { member: { name: 'gone', type: 'file', mode: 0o644 }, body: 'soon gone' },
  { member: { name: 'kept', type: 'file', mode: 0o600 }, body: 'kept' },
  { member: { name: 'opaque/', type: 'directory', mode: 0o755 } },
  { member: { name: 'opaque/old', type: 'file', mode: 0o644 }, body: 'old' },
];

function tarOf(entries: TarEntry[]): AsyncIterable<Uint8Array> {
  return writeTar(entries);
}

interface Rooms extends Disposable {
  readonly images: Images;
  readonly snapshots: Snapshotter;
  readonly content: ReturnType<typeof openContentStore>;
}

function daemon(root: string, registries: RegistryPolicy = {}): Rooms {
  mkdirSync(root, { recursive: true });
  const db = new Database(join(root, 'naru.db'));
  const content = openContentStore(join(root, 'content'));
  const snapshots = overlaySnapshotter({ db, root: join(root, 'snapshots') });
  const images = createImages({ db, content, snapshots, registries: { certsDir: join(root, 'certs.d'), ...registries }, userAgent: 'naru/test' });
  const close = (): void => {
    images.close();
    db[Symbol.dispose]();
  };
  return { images, snapshots, content, [Symbol.dispose]: close };
}

async function startRegistry(home: string, options: Partial<RegistryOptions> = {}, host = '127.0.0.1') {
  const server = await createRegistryServer({ root: mkdtempSync(join(home, 'registry-')), ...options });
  return { address: await server.listen(0, host), [Symbol.asyncDispose]: () => server.close() };
}

/** What a container does to its root, committed as a layer and registered. */
async function committed(rooms: Rooms, parent: Digest | undefined, below: readonly Digest[], work: (root: string) => void): Promise<Digest> {
  const mounts = await rooms.snapshots.prepare('container', parent);
  await withMounts(mounts, async (root) => work(root));
  const layer = await rooms.images.commitLayer('container', parent);
  await rooms.snapshots.remove('container');
  const image = await rooms.images.register({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [...below, layer.diffId] } }, {});
  return image.id;
}

/** Every file of an image's root with all that should be the same elsewhere. */
async function look(rooms: Rooms, chainId: Digest | undefined): Promise<Record<string, string>> {
  const key = `look-${process.hrtime.bigint()}`;
  try {
    return await withMounts(await rooms.snapshots.view(key, chainId), async (root) => Object.fromEntries(filesOf(root, '')));
  } finally {
    await rooms.snapshots.remove(key);
  }
}

function filesOf(root: string, path: string): [string, string][] {
  return readdirSync(join(root, path)).flatMap((name): [string, string][] => {
    const at = join(path, name);
    const full = join(root, at);
    const stat = lstatSync(full);
    const kind = stat.isFile() ? readFileSync(full, 'latin1') : stat.isSymbolicLink() ? readlinkSync(full) : '';
    const attribute = stat.isFile() ? (getXattr(full, 'user.naru')?.toString('hex') ?? '') : '';
    const described = [stat.mode.toString(8), stat.uid, stat.gid, stat.rdev, stat.isDirectory() ? '' : stat.mtimeMs, kind, attribute].join(' ');
    return [[at, described], ...(stat.isDirectory() ? filesOf(root, at) : [])];
  });
}

/** An authority and a certificate for an address, by openssl. */
async function makeCertificates(directory: string, address: string): Promise<{ ca: string; cert: string; key: string }> {
  mkdirSync(directory);
  const at = (name: string): string => join(directory, name);
  const openssl = (...args: string[]): Promise<string> => ok('openssl', args);
  await openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=naru test authority', '-days', '2', '-keyout', at('ca.key'), '-out', at('ca.crt'));
  await openssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=registry', '-keyout', at('key.pem'), '-out', at('request.pem'));
  writeFileSync(at('ext'), `subjectAltName=IP:${address}`);
  await openssl('x509', '-req', '-in', at('request.pem'), '-CA', at('ca.crt'), '-CAkey', at('ca.key'), '-CAcreateserial', '-days', '2', '-extfile', at('ext'), '-out', at('cert.pem'));
  return { ca: at('ca.crt'), cert: at('cert.pem'), key: at('key.pem') };
}
