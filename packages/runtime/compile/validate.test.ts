import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OciSpec } from '#spec';
import { validateSpec } from './validate.ts';

const spec = (more: Partial<OciSpec>): OciSpec => ({ ociVersion: '1.2.0', process: { args: ['x'], cwd: '/', user: { uid: 0, gid: 0 } }, ...more });

test('what would be the host\'s needs a namespace of the container\'s', () => {
  assert.throws(() => validateSpec(spec({ hostname: 'x' })), { message: 'unable to set hostname without a private UTS namespace' });
  assert.throws(() => validateSpec(spec({ linux: { sysctl: { 'net.core.somaxconn': '1' } } })), { message: 'sysctl "net.core.somaxconn" not allowed in host network namespace' });
  assert.throws(() => validateSpec(spec({ linux: { sysctl: { 'user.max_user_namespaces': '1' } } })), { message: 'sysctl "user.max_user_namespaces" is not in a separate kernel namespace' });
  validateSpec(spec({ hostname: 'x', linux: { namespaces: [{ type: 'uts' }, { type: 'ipc' }], sysctl: { 'kernel.shmmax': '1', 'fs/mqueue/msg_max': '1' } } }));
});

test('sysctls of the whole machine are refused, versions to come are not', () => {
  assert.throws(() => validateSpec(spec({ linux: { sysctl: { 'kernel.panic': '1' } } })), { message: 'sysctl "kernel.panic" is not in a separate kernel namespace' });
  for (const ociVersion of ['', '9.0.0']) validateSpec(spec({ ociVersion })); // as runC has it: what counts is each field
});

test('what is inheritable is in the bounding set; what this kernel does not know counts for nothing', () => {
  const sets = (inheritable: string[]): OciSpec => spec({ process: { args: ['x'], cwd: '/', user: { uid: 0, gid: 0 }, capabilities: { bounding: ['CAP_KILL'], inheritable } } });
  assert.throws(() => validateSpec(sets(['CAP_KILL', 'CAP_SYSLOG'])), /unable to apply caps: operation not permitted/);
  validateSpec(sets(['CAP_KILL', 'CAP_OF_TOMORROW']));
});

test('what is effective is permitted; a hook has some time; a word of the command has no NUL', () => {
  const process = { args: ['x'], cwd: '/', user: { uid: 0, gid: 0 } };
  assert.throws(() => validateSpec(spec({ process: { ...process, capabilities: { effective: ['CAP_KILL'], permitted: [] } } })), /unable to apply caps: operation not permitted: an effective capability/);
  for (const timeout of [0, -1]) assert.throws(() => validateSpec(spec({ hooks: { poststart: [{ path: '/a' }, { path: '/b', timeout }] } })), { message: `hook poststart #1: timeout ${timeout} is not greater than zero` });
  assert.throws(() => validateSpec(spec({ process: { ...process, args: ['a\0b'] } })), /process\.args: "a\\u0000b" contains a NUL/);
});

test('ids are numbers that the kernel takes for ids', () => {
  const user = (more: object): OciSpec => spec({ process: { args: ['x'], cwd: '/', user: { uid: 0, gid: 0, ...more } } });
  assert.throws(() => validateSpec(user({ uid: 0xffffffff })), { message: 'process.user: 4294967295 is not a valid id' });
  assert.throws(() => validateSpec(user({ additionalGids: [0xffffffff] })), { message: 'process.user: 4294967295 is not a valid id' });
  const mapped = (hostID: unknown): OciSpec => spec({ linux: { uidMappings: [{ containerID: 0, hostID: hostID as number, size: 2 ** 32 - 1 }] } });
  assert.throws(() => validateSpec(mapped('0; true')), { message: 'id mapping: 0; true is not a valid id' });
  validateSpec(mapped(100000));
});
