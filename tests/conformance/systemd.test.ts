/** Under a real systemd: naru-runtime as root, an ordinary user with a manager of his own; in emulated machines, whose tests are told here one by one. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { noGuest, runInGuest, verdicts, type Guest } from '../support/guest.ts';
import { busyboxTar } from '../support/images.ts';

/** Booting takes some 8 seconds on a machine with nothing else to do, the tests some 15; this is for a busy one. */
const patience = 420;

interface Suite {
  readonly name: string;
  readonly file: string;
  readonly guest: Guest;
  /** `npm run guest` has it. */
  readonly long?: boolean;
}

const suites: readonly Suite[] = [
  { name: 'the suites pass in a guest', file: 'systemd', guest: {} },
  { name: 'an ordinary user', file: 'user-systemd', guest: { network: true, daemon: true, user: true }, long: true },
];

suite('systemd', { skip: noGuest ?? false }, () => {
  for (const { name, file, guest, long } of suites) {
    const skip = long && process.env['NARU_GUEST'] !== 'all' ? 'npm run guest does it' : false;
    test(name, { skip, timeout: (patience + 60) * 1000 }, async (t) => {
      const said = await runInGuest([`tests/conformance/cgroup2/${file}.guest.ts`], patience, { systemd: true, ...guest, files: [[await busyboxTar(), 'images/busybox.tar']] });
      assert.match(said, /^guest ended with \d+$/m, said);
      for (const verdict of verdicts(said)) await t.test(verdict.name, { skip: verdict.skipped ?? false }, () => assert.ok(verdict.passed, said));
      assert.match(said, /^# fail 0$/m, said);
      assert.match(said, /^# cancelled 0$/m, said);
    });
  }
});
