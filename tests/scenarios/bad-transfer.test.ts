/** Images that arrive damaged, hostile, cut short, or on a full disk. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { pack, type Header } from 'tar-stream';
import { ok } from '../support/command.ts';
import { clients, Daemon } from '../support/daemon.ts';
import { importBusybox } from '../support/images.ts';
import { Proxy } from '../support/proxy.ts';
import { Registry } from '../support/registry.ts';

/** tar-stream fills in what is left out, whatever its types say. */
type Entry = Partial<Header> & { name: string };

describe('transfers that go wrong', () => {
  let daemon: Daemon;
  let registry: Registry;
  let proxy: Proxy;
  let image: string;

  before(async () => {
    registry = await Registry.start();
    proxy = await Proxy.start(registry.address);
    daemon = await Daemon.start('--max-download-attempts', '3');
    await importBusybox(daemon, 'naru', `${registry.address}/app:1`);
    await daemon.ok('naru', ['push', `${registry.address}/app:1`]);
    await daemon.ok('naru', ['rmi', `${registry.address}/app:1`]);
    image = `${proxy.address}/app:1`;
  });
  after(async () => {
    await daemon?.[Symbol.asyncDispose]();
    await proxy?.[Symbol.asyncDispose]();
    await registry?.[Symbol.asyncDispose]();
  });

  for (const client of clients()) {
    test(`${client}: a registry that hangs up half-way is asked again, from where it stopped`, async () => {
      Object.assign(proxy, { damage: 'hang-up-once', cuts: 0, resumed: 0 });
      await daemon.ok(client, ['pull', image]);
      assert.deepEqual([proxy.cuts, proxy.resumed], [1, 1]);
      await daemon.ok(client, ['run', '--rm', image, 'true']);
      await daemon.ok(client, ['rmi', image]);
    });

    test(`${client}: one that always hangs up fails cleanly`, async () => {
      proxy.damage = 'hang-up-always';
      const result = await daemon.run(client, ['pull', image]);
      assert.equal(result.code, 1);
      assert.match(result.stderr, /unexpected EOF|connection reset|hung up/);
      assert.equal(await daemon.ok(client, ['images', '-aq']), '');
    });

    test(`${client}: a layer whose digest is wrong`, async () => {
      proxy.damage = 'corrupt';
      const result = await daemon.run(client, ['pull', image]);
      assert.equal(result.code, 1);
      assert.match(result.stderr, /filesystem layer verification failed for digest sha256:[0-9a-f]{64}/);
      assert.equal(await daemon.ok(client, ['images', '-aq']), '');
      proxy.damage = 'none';
      await daemon.ok(client, ['pull', image]);
      await daemon.ok(client, ['rmi', image]);
    });

    test(`${client}: tar entries that climb out`, async () => {
      const victim = join(daemon.directory, 'victim');
      const up = `${'../'.repeat(30)}${victim.slice(1)}`;
      for (const entries of [
        [{ name: up }],
        [{ name: 'link', type: 'symlink', linkname: '/' }, { name: `link${victim}` }],
        [{ name: 'link', type: 'symlink', linkname: '../'.repeat(30) }, { name: `link/${victim.slice(1)}` }],
        [{ name: victim }],
        [{ name: 'hard', type: 'link', linkname: '/etc/hostname' }],
        [{ name: 'hard', type: 'link', linkname: `${'../'.repeat(30)}etc/hostname` }],
      ] satisfies Entry[][]) {
        const result = await daemon.run(client, ['import', '-', 'hostile:1'], { input: await tarOf(entries) });
        assert.equal(existsSync(victim), false, JSON.stringify(entries));
        if (result.code !== 0) assert.match(result.stderr, /^Error response from daemon: .+\n$/);
        else await daemon.ok(client, ['rmi', 'hostile:1']);
      }
      const climb = await daemon.run(client, ['import', '-', 'hostile:1'], { input: await tarOf([{ name: up }]) });
      assert.equal(climb.code, 1);
    });
  }

  test('a full disk: one clear sentence, nothing half-made, and room again afterwards', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'naru-small-'));
    const disk = join(directory, 'disk');
    await mkdir(disk);
    await ok('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', disk]);
    try {
      await using small = await Daemon.start('--data-root', join(disk, 'data'));
      await importBusybox(small);
      const filled = await small.run('naru', ['import', '-', 'huge:1'], { input: await tarOf([{ name: 'huge' }], randomBytes(30_000_000)) });
      assert.equal(filled.code, 1);
      assert.match(filled.stderr, /no space left on device/);
      assert.equal(await small.ok('naru', ['images', '--format', '{{.Repository}}']), 'busybox');
      assert.equal(await small.ok('naru', ['run', '--rm', 'busybox', 'echo', 'still fine']), 'still fine');
      await small.ok('naru', ['import', '-', 'fits:1'], { input: await tarOf([{ name: 'fits' }], randomBytes(3_000_000)) });
    } finally {
      await ok('umount', [disk]);
      await rm(directory, { recursive: true });
    }
  });
});

async function tarOf(entries: readonly Entry[], content: Uint8Array = Buffer.from('x')): Promise<Buffer> {
  const tar = pack();
  for (const entry of entries) {
    if ((entry.type ?? 'file') === 'file') tar.entry(entry as Header, Buffer.from(content));
    else tar.entry(entry as Header);
  }
  tar.finalize();
  return buffer(Readable.from(tar));
}
