/** skopeo, which reads and writes images without a daemon: what Naru saves it reads, what it writes Naru loads and pulls. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ok } from '../../support/command.ts';
import { Daemon } from '../../support/daemon.ts';
import { importBusybox } from '../../support/images.ts';
import { Registry } from '../../support/registry.ts';

describe('skopeo', () => {
  let daemon: Daemon;
  let registry: Registry;
  const at = (name: string): string => join(daemon.directory, name);
  const naru = (...args: string[]): Promise<string> => daemon.ok('naru', args);
  const copy = (...args: string[]): Promise<string> =>
    ok('skopeo', ['--policy', at('policy.json'), 'copy', '--src-tls-verify=false', '--dest-tls-verify=false', ...args]);
  const runs = async (image: string): Promise<void> => assert.equal(await naru('run', '--rm', image, 'echo', 'runs'), 'runs');

  before(async () => {
    daemon = await Daemon.start();
    registry = await Registry.start();
    await importBusybox(daemon);
    await writeFile(at('policy.json'), '{"default":[{"type":"insecureAcceptAnything"}]}');
  });
  after(async () => {
    await registry?.[Symbol.asyncDispose]();
    await daemon?.[Symbol.asyncDispose]();
  });

  test('reads what is saved, as Docker\'s archive and as an OCI layout', async () => {
    await naru('tag', 'busybox', 'sk/saved:1');
    await naru('save', '-o', at('saved.tar'), 'sk/saved:1', 'busybox');
    await copy(`docker-archive:${at('saved.tar')}:sk/saved:1`, `oci:${at('layout')}:x`);
    await copy(`oci-archive:${at('saved.tar')}:1`, `dir:${at('directory')}`);
  });

  for (const [name, ...flags] of [['zstd', '--dest-compress-format', 'zstd'], ['schema2', '--format', 'v2s2'], ['oci', '--format', 'oci']] as const) {
    test(`its push as ${name} is pulled and run`, async () => {
      const image = `${registry.address}/sk/${name}:1`;
      await copy(...flags, `oci:${at('layout')}:x`, `docker://${image}`);
      await naru('pull', image);
      await runs(image);
    });
  }

  test('what is pushed it copies on, digests kept', async () => {
    const [from, to] = [`${registry.address}/sk/pushed:1`, `${registry.address}/sk/copied:1`];
    await naru('tag', 'busybox', from);
    const digest = /digest: (sha256:\S+)/.exec(await naru('push', from))?.[1];
    await copy('--all', '--preserve-digests', `docker://${from}`, `docker://${to}`);
    assert.match(await naru('pull', to), new RegExp(`Digest: ${digest}`));
  });

  test('its archives are loaded, each layout under its name', async () => {
    await copy(`oci:${at('layout')}:x`, `docker-archive:${at('docker.tar')}:sk/docker:2`);
    await copy(`oci:${at('layout')}:x`, `oci-archive:${at('oci.tar')}:sk/oci:3`);
    assert.equal(await naru('load', '-i', at('docker.tar')), 'Loaded image: sk/docker:2');
    assert.equal(await naru('load', '-i', at('oci.tar')), 'Loaded image: sk/oci:3');
    await runs('sk/docker:2');
    await runs('sk/oci:3');
  });
});
