/** Images travel between two daemons: as a tar, and through a registry. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ok } from '../support/command.ts';
import { clients, commandOf, Daemon } from '../support/daemon.ts';
import { importBusybox } from '../support/images.ts';
import { Registry } from '../support/registry.ts';

describe('two daemons and a registry', () => {
  let here: Daemon;
  let there: Daemon;
  let registry: Registry;

  before(async () => {
    registry = await Registry.start();
    here = await Daemon.start();
    there = await Daemon.start();
    await importBusybox(here);
  });
  after(async () => {
    await here?.[Symbol.asyncDispose]();
    await there?.[Symbol.asyncDispose]();
    await registry?.[Symbol.asyncDispose]();
  });

  for (const client of clients()) {
    test(`${client} save | ${client} load`, async () => {
      await build(here, client, `saved-${client}:1`);
      const command = commandOf(client);
      const output = await ok('sh', ['-c', `'${command}' -H ${here.host} save saved-${client}:1 | '${command}' -H ${there.host} load`]);
      assert.equal(output, `Loaded image: saved-${client}:1`);
      const id = (daemon: Daemon): Promise<string> => daemon.ok(client, ['images', '-q', '--no-trunc', `saved-${client}:1`]);
      assert.equal(await id(there), await id(here));
      assert.equal(await there.ok(client, ['run', '--rm', `saved-${client}:1`]), `hello from ${client}`);
    });

    test(`${client} push and pull`, async () => {
      const name = `${registry.address}/team/app-${client}:1`;
      await build(here, client, name);
      const pushed = await here.ok(client, ['push', name]);
      const digest = /digest: (sha256:[0-9a-f]{64}) size: \d+/.exec(pushed)?.[1];
      assert.ok(digest, pushed);
      const pulled = await there.ok(client, ['pull', name]);
      assert.match(pulled, new RegExp(`Digest: ${digest}`));
      assert.equal(await there.ok(client, ['run', '--rm', name]), `hello from ${client}`);
      assert.match(await there.ok(client, ['push', name]), new RegExp(`digest: ${digest} `), 'pushed again, bit for bit');
    });
  }
});

async function build(daemon: Daemon, client: 'docker' | 'naru', name: string): Promise<void> {
  const dockerfile = `FROM busybox\nRUN echo hello from ${client} > /hello\nCMD ["cat", "/hello"]\n`;
  const path = join(daemon.directory, 'Dockerfile');
  await writeFile(path, dockerfile);
  await daemon.ok(client, ['build', '-t', name, '-'], { input: await readFile(path) });
}
