import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSeccompProfile, resolveProfile } from './seccomp-profile.ts';

const situation = { capabilities: ['CAP_CHOWN'], architecture: 'amd64', kernel: '6.1.0' };
const allow = 'SCMP_ACT_ALLOW';

test("a profile in Docker's form is decided for one container", () => {
  const profile = parseSeccompProfile(JSON.stringify({
    defaultAction: 'SCMP_ACT_ERRNO',
    archMap: [{ architecture: 'SCMP_ARCH_X86_64', subArchitectures: ['SCMP_ARCH_X86'] }],
    syscalls: [
      { names: ['read'], action: allow, args: null },
      { name: 'write', action: allow },
      { names: ['mount'], action: allow, includes: { caps: ['CAP_SYS_ADMIN'] } },
      { names: ['chown'], action: allow, includes: { caps: ['CAP_CHOWN'], arches: ['amd64'], minKernel: '4.8' } },
      { names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: 38, excludes: { caps: ['CAP_SYS_ADMIN'] } },
      { names: ['clone'], action: allow, excludes: { arches: ['s390x', 'amd64'] } },
    ],
  }));
  assert.deepEqual(resolveProfile(profile, situation), {
    defaultAction: 'SCMP_ACT_ERRNO',
    architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'],
    syscalls: [
      { names: ['read'], action: allow },
      { names: ['write'], action: allow },
      { names: ['chown'], action: allow },
      { names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: 38 },
    ],
  });
});

test('a plain OCI profile stays as it is', () => {
  const profile = { defaultAction: allow, architectures: ['SCMP_ARCH_X86_64'], syscalls: [{ names: ['reboot'], action: 'SCMP_ACT_KILL' }] };
  assert.deepEqual(resolveProfile(parseSeccompProfile(JSON.stringify(profile)), situation), profile);
});

test('what is no profile is refused', () => {
  assert.throws(() => parseSeccompProfile('{'), { kind: 'InvalidArgument', message: 'Decoding seccomp profile failed: unexpected end of JSON input' });
  assert.throws(() => parseSeccompProfile('x'), { message: "Decoding seccomp profile failed: invalid character 'x' looking for beginning of value" });
  assert.throws(() => parseSeccompProfile('{}'), { message: 'Decoding seccomp profile failed: defaultAction is missing' });
  const twice = { defaultAction: allow, architectures: ['SCMP_ARCH_X32'], archMap: [{ architecture: 'SCMP_ARCH_X86_64' }] };
  assert.throws(() => parseSeccompProfile(JSON.stringify(twice)), /use either 'architectures' or 'archMap'$/);
});

test('a rule names its calls in one way', () => {
  const profile = (rule: object): string => JSON.stringify({ defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ action: 'SCMP_ACT_ERRNO', ...rule }] });
  assert.deepEqual(parseSeccompProfile(profile({ name: 'chmod' })).syscalls?.[0]?.names, ['chmod']);
  assert.throws(() => parseSeccompProfile(profile({ name: 'chmod', names: ['fchmod'] })), /both 'name' and 'names' are specified in the seccomp profile, use either 'name' or 'names'/);
});
