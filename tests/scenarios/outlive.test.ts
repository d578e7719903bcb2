/** Containers outlive the daemon: kill -9 under a running container with an attached log follower. */
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { until } from '../support/command.ts';
import { clients, Daemon } from '../support/daemon.ts';
import { importBusybox } from '../support/images.ts';
import { freePort } from '../support/ports.ts';

const counter = 'i=0; until [ -e /end ]; do i=$((i+1)); echo line $i; usleep 20000; done; exit 23';

describe('kill -9 of the daemon', () => {
  let daemon: Daemon;

  before(async () => {
    daemon = await Daemon.start();
    await importBusybox(daemon);
  });
  after(async () => daemon?.[Symbol.asyncDispose]());

  for (const client of clients()) {
    test(`${client}: the container never notices, no line is lost, wait gives the exit code`, async () => {
      await daemon.ok(client, ['run', '-d', '--name', 'counter', 'busybox', 'sh', '-c', counter]);
      const pid = await daemon.ok(client, ['inspect', '--format', '{{.State.Pid}}', 'counter']);
      const follower = daemon.background(client, ['logs', '-f', 'counter']);
      let followed = '';
      follower.stdout?.on('data', (chunk: Buffer) => (followed += chunk.toString()));
      await until('the follower follows', async () => /line 20\n/.test(followed));

      await daemon.crash();
      await new Promise((wake) => setTimeout(wake, 300)); // it counts on, alone
      await daemon.up();

      assert.equal(await daemon.ok(client, ['inspect', '--format', '{{.State.Pid}} {{.State.Status}} {{.RestartCount}}', 'counter']), `${pid} running 0`);
      const counted = (await daemon.ok(client, ['logs', 'counter'])).split('\n').length;
      await until('the new daemon sees it count', async () => (await daemon.ok(client, ['logs', 'counter'])).split('\n').length > counted);
      writeFileSync(`/proc/${pid}/root/end`, '');
      assert.equal(await daemon.ok(client, ['wait', 'counter']), '23');
      const lines = (await daemon.ok(client, ['logs', 'counter'])).split('\n');
      assert.deepEqual(lines, lines.map((_, i) => `line ${i + 1}`));
      await daemon.ok(client, ['rm', 'counter']);
    });

    test(`${client}: an exit while the daemon is away is not lost; ports and names come back`, async () => {
      const port = await freePort();
      await daemon.ok(client, ['run', '-d', '--name', 'brief', 'busybox', 'sh', '-c', 'until [ -e /end ]; do sleep 0.05; done; exit 9']);
      const pid = await daemon.ok(client, ['inspect', '--format', '{{.State.Pid}}', 'brief']);
      await daemon.ok(client, ['run', '-d', '--name', 'web', '-p', `${port}:80`, 'busybox', 'sh', '-c', 'echo up > /tmp/index.html; httpd -f -h /tmp']);
      await daemon.crash();
      writeFileSync(`/proc/${pid}/root/end`, '');
      await until('it has ended', async () => !existsSync(`/proc/${pid}`));
      await daemon.up();
      assert.equal(await daemon.ok(client, ['inspect', '--format', '{{.State.Status}} {{.State.ExitCode}}', 'brief']), 'exited 9');
      assert.equal(await daemon.ok(client, ['exec', 'web', 'echo', 'still here']), 'still here');
      const page = await until('the page', async () => (await fetch(`http://127.0.0.1:${port}/`)).text());
      assert.equal(page, 'up\n');
      await daemon.ok(client, ['rm', '-f', 'brief', 'web']);
    });
  }
});
