/** The cgroup suites, and narud as a whole, where cgroup v2 is all there is: in an emulated machine, whose tests are told here one by one. */
import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import { busyboxTar } from '../support/images.ts';
import { noGuest, runInGuest, verdicts, type Guest } from '../support/guest.ts';

/** Booting takes some 5 seconds on a machine with nothing else to do, the tests a minute or so, the long form (`npm run guest`) some four; this is for a busy one, and below the time that the suite gives a file: who is killed there leaves the machine. */
const patience = process.env['NARU_GUEST'] === 'all' ? 1200 : 780;
const files = ['tests/conformance/cgroups.test.ts', 'tests/conformance/cgroup2/containers.guest.ts', 'tests/conformance/cgroup2/daemon.guest.ts', 'tests/conformance/cgroup2/checkpoint.guest.ts', 'tests/conformance/cgroup2/checkpoints.guest.ts', 'tests/conformance/cgroup2/apparmor.guest.ts'];
/** CRIU and what it calls; what loads AppArmor's profiles. */
const programs = ['/usr/sbin/criu', '/bin/tar', '/bin/gzip', '/sbin/apparmor_parser'];

suite('cgroup v2', { skip: noGuest ?? false }, () => {
  test('the suites pass in a guest', { timeout: (patience + 60) * 1000 }, (t) => passInGuest(t, files, { programs }));

  const long = process.env['NARU_GUEST'] === 'all' ? false : 'npm run guest does it: the kernel has one security module or the other';
  test('those of SELinux pass in a guest that has it', { skip: long, timeout: (patience + 60) * 1000 }, (t) =>
    passInGuest(t, ['tests/conformance/cgroup2/selinux.guest.ts'], { programs: ['/usr/bin/checkpolicy'], kernelWords: 'security=selinux selinux=1' }));
});

/** Each test of the guest's is told as one of `t`'s. */
async function passInGuest(t: TestContext, tests: readonly string[], guest: Guest): Promise<void> {
  const said = await runInGuest(tests, patience, { network: true, daemon: true, files: [[await busyboxTar(), 'images/busybox.tar']], ...guest });
  assert.match(said, /^guest ended with \d+$/m, said);
  for (const { name, passed, skipped } of verdicts(said)) await t.test(name, { skip: skipped ?? false }, () => assert.ok(passed, said));
  assert.match(said, /^# fail 0$/m, said);
  assert.match(said, /^# cancelled 0$/m, said);
}

test('what a guest skipped is no pass', () => {
  const tap = '# Subtest: s\n    ok 1 - a\n    not ok 2 - b\n    ok 3 - c # SKIP not here\n    ok 4 - d # SKIP\nok 1 - s\nok 2 - e # SKIP elsewhere\n';
  assert.deepEqual(verdicts(tap).map(({ name, passed, skipped }) => [name, passed, skipped]), [['a', true, undefined], ['b', false, undefined], ['c', true, 'not here'], ['d', true, 'the guest says no more'], ['e', true, 'elsewhere']]);
});
