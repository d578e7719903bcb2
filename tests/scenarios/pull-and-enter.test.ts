/** docker pull centos:7 through a mirror, then a shell in it on a real terminal. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { until } from '../support/command.ts';
import { clients, Daemon } from '../support/daemon.ts';
import { importDebian } from '../support/images.ts';
import { Registry } from '../support/registry.ts';

describe('pull an image and enter it', () => {
  let registry: Registry;
  let daemon: Daemon;

  before(async () => {
    registry = await Registry.start();
    await fillMirror(registry.address);
    daemon = await Daemon.start('--registry-mirror', `http://${registry.address}`);
  });
  after(async () => {
    await daemon?.[Symbol.asyncDispose]();
    await registry?.[Symbol.asyncDispose]();
  });

  afterEach(() => daemon.run('naru', ['rm', '--force', 'centos7_test'])); // one that failed is in nobody's way

  for (const client of clients()) {
    test(`${client} pulls centos:7 and lists it`, async () => {
      const pulled = await daemon.ok(client, ['pull', 'centos:7']);
      assert.match(pulled, /^7: Pulling from library\/centos\n/);
      assert.match(pulled, /^Digest: sha256:[0-9a-f]{64}\nStatus: Downloaded newer image for centos:7\ndocker.io\/library\/centos:7$/m);
      assert.match(await daemon.ok(client, ['image', 'ls']), /^REPOSITORY +TAG +IMAGE ID +CREATED +SIZE\ncentos +7 +[0-9a-f]{12} /);
      assert.match(await daemon.ok(client, ['pull', 'centos:7']), /Status: Image is up to date for centos:7/);
    });

    test(`${client} runs a shell on a terminal: size, Ctrl-C, exit code`, async () => {
      await using terminal = daemon.terminal(client, ['run', '-it', '--name=centos7_test', 'centos:7', '/bin/bash']);
      terminal.type('cat /etc/os-release\r');
      await terminal.expect(/PRETTY_NAME="Debian/);
      terminal.type('stty size\r');
      await terminal.expect(/24 80/);
      await terminal.resize(101, 37);
      // The size is on its way by itself, behind what is typed.
      terminal.type('until stty size | grep -qx "37 101"; do sleep 0.1; done; echo sized-$((40+2))\r');
      await terminal.expect(/sized-42/);
      terminal.type('sleep 100; echo woke $?\r');
      await terminal.expect(/sleep 100; echo woke \$\?/);
      await until('it sleeps', async () => /sleep 100$/m.test(await daemon.ok(client, ['top', 'centos7_test'])));
      terminal.type('\x03');
      terminal.type('echo interrupted-$((40+2))\r');
      await terminal.expect(/interrupted-42/);
      terminal.type('exit 7\r');
      assert.equal(await terminal.exit(), 7);
      assert.equal(await daemon.ok(client, ['inspect', '--format', '{{.State.ExitCode}}', 'centos7_test']), '7');
      await daemon.ok(client, ['rm', 'centos7_test']);
    });

    test(`${client} detaches with Ctrl-P Ctrl-Q and attaches again`, async () => {
      await using first = daemon.terminal(client, ['run', '-it', '--name=centos7_test', 'centos:7', '/bin/bash']);
      first.type('MARK=kept-$$\r');
      first.type('echo first-$((1+1))\r');
      await first.expect(/first-2/);
      first.type('\x10\x11');
      assert.equal(await first.exit(), 0);
      assert.equal(await daemon.ok(client, ['inspect', '--format', '{{.State.Running}}', 'centos7_test']), 'true');

      await using second = daemon.terminal(client, ['attach', 'centos7_test']);
      await until('the prompt', async () => (second.type('\r'), /# /.test(second.screen)));
      second.type('echo back: $MARK\r');
      await second.expect(/back: kept-1/);
      second.type('exit\r');
      assert.equal(await second.exit(), 0);
      await daemon.ok(client, ['rm', 'centos7_test']);
      await daemon.ok(client, ['rmi', 'centos:7']);
    });
  }
});

/** Puts Debian into the registry as library/centos:7, from a daemon of its own. */
async function fillMirror(address: string): Promise<void> {
  await using daemon = await Daemon.start();
  await importDebian(daemon, 'naru', `${address}/library/centos:7`);
  await daemon.ok('naru', ['push', `${address}/library/centos:7`]);
}
