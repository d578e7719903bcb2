import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resolveSeccomp } from './defaults-seccomp.ts';

const plain = { capabilities: ['CAP_CHOWN', 'CAP_SYS_CHROOT'], architecture: 'amd64', kernel: '6.1.0-13' };
const allowed = (profile: ReturnType<typeof resolveSeccomp>, name: string) =>
  profile.syscalls?.filter((rule) => rule.names.includes(name)) ?? [];

test('an ordinary container may not mount, and clone3 says ENOSYS so that libc falls back', () => {
  const profile = resolveSeccomp(plain);
  assert.equal(profile.defaultAction, 'SCMP_ACT_ERRNO');
  assert.deepEqual(allowed(profile, 'mount'), []);
  assert.deepEqual(allowed(profile, 'clone3').map((rule) => [rule.action, rule.errnoRet]), [['SCMP_ACT_ERRNO', 38]]);
  assert.equal(allowed(profile, 'clone')[0]?.args?.[0]?.value, 0x7e020000);
});

test('CAP_SYS_ADMIN opens mount and every form of clone', () => {
  const profile = resolveSeccomp({ ...plain, capabilities: ['CAP_SYS_ADMIN'] });
  assert.equal(allowed(profile, 'mount').length, 1);
  assert.deepEqual(allowed(profile, 'clone').map((rule) => rule.args), [undefined]);
  assert.deepEqual(allowed(profile, 'clone3').map((rule) => rule.action), ['SCMP_ACT_ALLOW']);
});

test('processor and kernel decide too', () => {
  assert.equal(allowed(resolveSeccomp(plain), 'arch_prctl').length, 1);
  assert.equal(allowed(resolveSeccomp({ ...plain, architecture: 'arm64' }), 'arch_prctl').length, 0);
  assert.equal(allowed(resolveSeccomp(plain), 'ptrace').length, 1);
  assert.equal(allowed(resolveSeccomp({ ...plain, kernel: '4.4.0' }), 'ptrace').length, 0);
});

test('sockets are of every family but the kernel\'s cryptography and virtual machines\' hosts', () => {
  const holds = { SCMP_CMP_LT: (a: number, b: number) => a < b, SCMP_CMP_EQ: (a: number, b: number) => a === b, SCMP_CMP_GT: (a: number, b: number) => a > b };
  const opens = (family: number): boolean => allowed(resolveSeccomp(plain), 'socket').some(({ args = [] }) => args.every(({ op, value }) => holds[op as keyof typeof holds](family, Number(value))));
  assert.deepEqual(Array.from({ length: 46 }, (_, family) => family).filter((family) => !opens(family)), [38, 40]);
});
