/** What wants a machine with cgroup v2 alone: the cgroup suites, narud as a whole, an ordinary user, CRIU, security modules; in emulated machines, whose tests are told here one by one. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { noGuest, passInGuest, verdicts, type Guest } from '../support/guest.ts';

const all = process.env['NARU_GUEST'] === 'all';
/** Booting takes some 5 seconds on a machine with nothing else to do, the tests a minute or so, the long forms (`npm run guest`) some four each; this is for a busy one, and below the time that the suite gives a file: who is killed there leaves the machine. */
const patience = all ? 1200 : 780;
/** CRIU and what it calls. */
const criu = ['/usr/sbin/criu', '/bin/tar', '/bin/gzip'];

interface Suites {
  readonly name: string;
  readonly files: readonly string[];
  readonly guest: Guest;
  /** Only `npm run guest` has them, and why. */
  readonly long?: string;
}

const guests: readonly Suites[] = [
  {
    name: 'the suites pass in a guest',
    files: ['cgroups.test', 'cgroup2/containers.guest', 'cgroup2/runtime.guest', 'cgroup2/daemon.guest', 'cgroup2/checkpoint.guest', 'cgroup2/checkpoints.guest', 'cgroup2/apparmor.guest'],
    guest: { daemon: true, programs: [...criu, '/sbin/apparmor_parser'] },
  },
  { name: 'an ordinary user', files: ['cgroup2/rootless.guest'], guest: { daemon: true, user: true }, long: 'npm run guest does it' },
  { name: 'what CRIU is asked for', files: ['cgroup2/criu-flags.guest'], guest: { programs: [...criu, '/usr/bin/flock'] }, long: 'npm run guest does it' },
  {
    name: 'those of SELinux pass in a guest that has it',
    files: ['cgroup2/selinux.guest'],
    guest: { daemon: true, programs: ['/usr/bin/checkpolicy'], kernelWords: 'security=selinux selinux=1' },
    long: 'npm run guest does it: the kernel has one security module or the other',
  },
  {
    name: 'an enforced policy of SELinux',
    files: ['cgroup2/selinux-enforcing.guest'],
    guest: { daemon: true, programs: ['/usr/bin/checkpolicy'], kernelWords: 'security=selinux selinux=1' },
    long: 'npm run guest does it',
  },
];

suite('cgroup v2', { skip: noGuest ?? false }, () => {
  for (const { name, files, guest, long } of guests) {
    test(name, { skip: !all && long, timeout: (patience + 60) * 1000 }, (t) => passInGuest(t, files.map((file) => `tests/conformance/${file}.ts`), patience, { network: true, ...guest }));
  }
});

test('what a guest skipped is no pass', () => {
  const tap = '# Subtest: s\n    ok 1 - a\n    not ok 2 - b\n    ok 3 - c # SKIP not here\n    ok 4 - d # SKIP\nok 1 - s\nok 2 - e # SKIP elsewhere\n';
  assert.deepEqual(verdicts(tap).map(({ name, passed, skipped }) => [name, passed, skipped]), [['a', true, undefined], ['b', false, undefined], ['c', true, 'not here'], ['d', true, 'the guest says no more'], ['e', true, 'elsewhere']]);
});
