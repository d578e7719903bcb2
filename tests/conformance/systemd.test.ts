/** naru-runtime under a real systemd: in an emulated machine, whose tests are told here one by one. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { noGuest, runInGuest, verdicts } from '../support/guest.ts';

/** Booting takes some 8 seconds on a machine with nothing else to do, the tests some 15; this is for a busy one. */
const patience = 420;

suite('systemd', { skip: noGuest ?? false }, () => {
  test('the suites pass in a guest', { timeout: (patience + 60) * 1000 }, async (t) => {
    const said = await runInGuest(['tests/conformance/cgroup2/systemd.guest.ts'], patience, { systemd: true });
    assert.match(said, /^guest ended with \d+$/m, said);
    for (const { name, passed, skipped } of verdicts(said)) await t.test(name, { skip: skipped ?? false }, () => assert.ok(passed, said));
    assert.match(said, /^# fail 0$/m, said);
    assert.match(said, /^# cancelled 0$/m, said);
  });
});
