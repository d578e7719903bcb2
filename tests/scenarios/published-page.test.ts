/** docker run -d -p 80:80 docker/getting-started:pwd, the page on the host's port 80. */
import assert from 'node:assert/strict';
import { get } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { root, until } from '../support/command.ts';
import { clients, Daemon } from '../support/daemon.ts';
import { importDebian } from '../support/images.ts';

const image = 'docker/getting-started:pwd';

describe('a page behind a published port', () => {
  let daemon: Daemon;

  before(async () => {
    daemon = await Daemon.start();
    await importDebian(daemon);
  });
  after(async () => daemon?.[Symbol.asyncDispose]());

  for (const [turn, client] of clients().entries()) {
    test(`${client} builds nginx from a Dockerfile`, async () => {
      const output = await daemon.ok(client, ['build', '-t', image, join(root, 'tests/scenarios/images/getting-started')], { timeout: 800_000 });
      assert.match(output, /Step 1\/6 : FROM debian:12\n/);
      assert.match(output, /Successfully built [0-9a-f]{12}\nSuccessfully tagged docker\/getting-started:pwd$/m);
      // The second client finds every step in the cache.
      assert.equal(/Using cache/.test(output), turn > 0);
    });

    test(`${client} runs it and the page is on port 80`, async () => {
      const id = await daemon.ok(client, ['run', '-d', '-p', '80:80', image]);
      assert.match(id, /^[0-9a-f]{64}$/);
      for (const host of ['127.0.0.1', 'localhost']) {
        assert.match(await until('the page', () => fetchText(host)), /Your container is running/);
      }
      assert.match(await daemon.ok(client, ['ps', '--format', '{{.Ports}}']), /^0\.0\.0\.0:80->80\/tcp/);
      assert.equal(await daemon.ok(client, ['port', id, '80/tcp']).then((text) => text.split('\n')[0]), '0.0.0.0:80');
      await daemon.ok(client, ['stop', id]);
      await assert.rejects(fetchText('127.0.0.1'));
      await daemon.ok(client, ['rm', id]);
    });
  }
});

function fetchText(host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = get({ host, port: 80, agent: false, timeout: 5000 }, (response) => {
      response.toArray().then((chunks: Buffer[]) => resolve(Buffer.concat(chunks).toString()), reject);
    });
    request.on('error', reject).on('timeout', () => request.destroy(new Error('timeout')));
  });
}
