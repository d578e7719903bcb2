/** Under a real systemd: naru-runtime as root, an ordinary user with a manager of his own; in emulated machines, whose tests are told here one by one. */
import { suite, test } from 'node:test';
import { noGuest, passInGuest } from '../support/guest.ts';

const all = process.env['NARU_GUEST'] === 'all';
/** Booting takes some 8 seconds on a machine with nothing else to do, the tests some 15, the long form a few minutes; this is for a busy one. */
const patience = all ? 1200 : 420;

suite('systemd', { skip: noGuest ?? false }, () => {
  test('the suites pass in a guest', { timeout: (patience + 60) * 1000 }, (t) => passInGuest(t, ['tests/conformance/cgroup2/systemd.guest.ts'], patience, { systemd: true }));

  test('narud with systemd\'s cgroups', { skip: all ? false : 'npm run guest does it', timeout: (patience + 60) * 1000 }, (t) => passInGuest(t, ['tests/conformance/cgroup2/systemd-daemon.guest.ts'], patience, { systemd: true, network: true, daemon: true, programs: ['/usr/sbin/runc'] }));

  const skip = all ? false : 'npm run guest does it';
  test('an ordinary user', { skip, timeout: (patience + 60) * 1000 }, (t) => passInGuest(t, ['tests/conformance/cgroup2/user-systemd.guest.ts'], patience, { systemd: true, network: true, daemon: true, user: true }));
});
