/** The cgroup suites where cgroup v2 is all there is: in an emulated machine, whose tests are told here one by one. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { noGuest, runInGuest, verdicts } from '../support/guest.ts';

/** Booting takes some 5 seconds on a machine with nothing else to do, the tests some 30; this is for a busy one. */
const patience = 600;
const files = ['tests/conformance/cgroups.test.ts', 'tests/conformance/cgroup2/containers.guest.ts'];

suite('cgroup v2', { skip: noGuest ?? false }, () => {
  test('the suites pass in a guest', { timeout: (patience + 60) * 1000 }, async (t) => {
    const said = await runInGuest(files, patience);
    assert.match(said, /^guest ended with \d+$/m, said);
    for (const { name, passed } of verdicts(said)) await t.test(name, () => assert.ok(passed, said));
    assert.match(said, /^# fail 0$/m, said);
    assert.match(said, /^# cancelled 0$/m, said);
  });
});
