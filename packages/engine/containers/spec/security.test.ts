import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isKind } from '#base';
import { parseSecurityOptions, securityWarnings } from './security.ts';

test('options are split at = where there is one, else at :', () => {
  const { apparmor, labels, noNewPrivileges, seccomp } = parseSecurityOptions(['apparmor=:ns://x', 'label:type:t', 'disable', 'no-new-privileges', 'seccomp:unconfined']);
  assert.deepEqual([apparmor, labels, noNewPrivileges, seccomp], [':ns://x', ['type:t', 'disable'], true, null]);
  const refused = (option: string, words: RegExp) => assert.throws(() => parseSecurityOptions([option]), (error) => isKind(error, 'Internal') && words.test(String(error)));
  assert.deepEqual(['writable-cgroups', 'writable-cgroups=true', 'writable-cgroups=0', 'disable'].map((option) => parseSecurityOptions([option]).writableCgroups), [true, true, false, undefined]);
  refused('nonsense', /invalid --security-opt 1: "nonsense"/);
  refused('label:x=y', /invalid --security-opt 2: "label:x=y"/);
  refused('no-new-privileges=maybe', /invalid --security-opt 2: "no-new-privileges=maybe"/);
});

test('what has no effect on this host is warned of', () => {
  const options = ['apparmor=mine', 'label=type:t'];
  assert.deepEqual(securityWarnings(options, { apparmor: true, selinux: true }), []);
  assert.deepEqual(securityWarnings(options, { apparmor: false, selinux: false }), ['AppArmor is not enabled on this host. Profile mine discarded.', 'SELinux is not enabled on this host. Labels discarded.']);
  assert.deepEqual(securityWarnings(['apparmor=unconfined', 'label=disable'], { apparmor: false, selinux: false }), []);
});
