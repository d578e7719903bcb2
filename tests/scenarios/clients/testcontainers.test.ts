/**
 * Testcontainers for Node and its Redis module, on an image of ours. Its helper that cleans up after a test's death
 * (Ryuk) is off: that image comes from Docker Hub.
 */
import { after, before, describe, test } from 'node:test';
import { Daemon } from '../../support/daemon.ts';
import { importBusybox, importDebian } from '../../support/images.ts';

describe('testcontainers', async () => {
  // Read once, when the library is first used.
  process.env['TESTCONTAINERS_RYUK_DISABLED'] = 'true';
  const { checks } = await import('./testcontainers.mjs');
  let daemon: Daemon;

  before(async () => {
    daemon = await Daemon.start();
    process.env['DOCKER_HOST'] = daemon.host;
    await importBusybox(daemon);
    await importDebian(daemon);
  });
  after(async () => daemon?.[Symbol.asyncDispose]());

  for (const [name, check] of Object.entries(checks)) test(name, { timeout: 600_000 }, check);
});
