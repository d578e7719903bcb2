/** dockerode, the Docker client of Node programs, at narud's door. */
import { after, before, describe, test } from 'node:test';
import { Daemon } from '../../support/daemon.ts';
import { importBusybox } from '../../support/images.ts';
import { Registry } from '../../support/registry.ts';
import { checks, connect } from './dockerode.mjs';

describe('dockerode', () => {
  let daemon: Daemon;
  let registry: Registry;

  before(async () => {
    daemon = await Daemon.start();
    registry = await Registry.start();
    await importBusybox(daemon);
  });
  after(async () => {
    await registry?.[Symbol.asyncDispose]();
    await daemon?.[Symbol.asyncDispose]();
  });

  for (const [name, check] of Object.entries(checks)) {
    test(name, { timeout: 600_000 }, () => check(connect(daemon.host.replace('unix://', '')), registry.address));
  }
});
