/** The `oci` driver with Debian's runc and crun, and with naru-runtime in their place: the port's contract. Needs root. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { ociRuntime } from '#runtime';
import { type ContractWorld, runtimeContract } from '../../packages/runtime/contract.ts';
import { RuntimeWorld } from '../support/bundle.ts';
import { root } from '../support/command.ts';

class OciWorld extends RuntimeWorld implements ContractWorld {
  readonly words: ContractWorld['words'];

  constructor(path: string, words?: ContractWorld['words']) {
    super((options) => ociRuntime({ ...options, binaryOf: (name) => (name === 'nosuch' ? undefined : { path, args: [] }) }));
    this.words = words;
  }
}

/** Other runtimes, and other versions of runc, say it in their own words. */
const any = { create: () => /^OCI runtime create failed: .+: unknown/, exec: () => /^OCI runtime exec failed: .+: unknown$/ };

runtimeContract('oci with runc', () => new OciWorld('/usr/sbin/runc', any));
runtimeContract('oci with naru-runtime', () => new OciWorld(join(root, 'bin/naru-runtime')));

/** crun takes no machine whose v2 hierarchy has some of the controllers and v1 the others. */
const mixed = execFileSync('sh', ['-c', 'cat /sys/fs/cgroup/unified/cgroup.controllers 2>/dev/null || true'], { encoding: 'utf8' }).trim() !== '';

if (!mixed) runtimeContract('oci with crun', () => new OciWorld('/usr/bin/crun', any));

suite('an OCI runtime by its name', () => {
  test('a runtime that refuses is heard in its own words, and nothing is left', { skip: !mixed && 'crun works on this machine: its contract is above' }, async () => {
    await using world = new OciWorld('/usr/bin/crun');
    await assert.rejects(world.create(['true']), { message: 'OCI runtime create failed: cgroups in hybrid mode not supported, drop all controllers from cgroupv2: unknown' });
    assert.deepEqual(world.leftovers(), []);
  });

  test('a binary that is not there, and a name that nobody configured', async () => {
    await using world = new OciWorld('/nosuch/runtime');
    await assert.rejects(world.create(['true']), { message: /OCI runtime create failed: .*adopt: no such file or directory/ });
    await assert.rejects(world.create(['true'], undefined, { runtime: 'nosuch' }), { message: 'unknown or invalid runtime name: nosuch' });
    assert.deepEqual(world.leftovers(), []);
  });
});
