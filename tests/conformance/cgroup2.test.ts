/** The cgroup suites, and narud as a whole, where cgroup v2 is all there is: in an emulated machine, whose tests are told here one by one. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { busyboxTar } from '../support/images.ts';
import { noGuest, runInGuest, verdicts } from '../support/guest.ts';

/** Booting takes some 5 seconds on a machine with nothing else to do, the tests a minute or so, the long form (`npm run guest`) some four; this is for a busy one. */
const patience = 1200;
const files = ['tests/conformance/cgroups.test.ts', 'tests/conformance/cgroup2/containers.guest.ts', 'tests/conformance/cgroup2/daemon.guest.ts', 'tests/conformance/cgroup2/checkpoint.guest.ts', 'tests/conformance/cgroup2/checkpoints.guest.ts'];
/** CRIU and what it calls. */
const programs = ['/usr/sbin/criu', '/bin/tar', '/bin/gzip'];

suite('cgroup v2', { skip: noGuest ?? false }, () => {
  test('the suites pass in a guest', { timeout: (patience + 60) * 1000 }, async (t) => {
    const said = await runInGuest(files, patience, { network: true, daemon: true, programs, files: [[await busyboxTar(), 'images/busybox.tar']] });
    assert.match(said, /^guest ended with \d+$/m, said);
    for (const { name, passed } of verdicts(said)) await t.test(name, () => assert.ok(passed, said));
    assert.match(said, /^# fail 0$/m, said);
    assert.match(said, /^# cancelled 0$/m, said);
  });
});
