import assert from 'node:assert/strict';
import { test } from 'node:test';
import { profileText } from './profile.ts';

const rules = (text: string): string[] => text.split('\n').map((line) => line.trim());

test('the default profile holds containers as Docker\'s does', () => {
  const said = rules(profileText({ abi: true, tunables: true, base: true, daemon: '/usr/bin/narud' }));
  for (const rule of ['abi <abi/3.0>,', 'network,', 'deny network alg,', 'deny network vsock,', 'capability,', 'file,', 'umount,', 'deny mount,', 'deny @{PROC}/* w,', 'deny /sys/[^f]*/** wklx,', 'deny /sys/fs/cg[^r]*/** wklx,', 'deny @{PROC}/kcore rwklx,', 'deny /sys/kernel/security/** rwklx,']) {
    assert.ok(said.includes(rule), rule);
  }
  assert.deepEqual(said.filter((rule) => rule.startsWith('signal')), [...['unconfined', 'runc', 'crun', '/usr/bin/narud'].map((peer) => `signal (receive) peer=${peer},`), 'signal (send,receive) peer=docker-default,']);
  assert.deepEqual(said.filter((rule) => rule.startsWith('deny /sys/')).map((rule) => rule.split(' ')[1]), [
    '/sys/[^f]*/**', '/sys/f[^s]*/**', '/sys/fs/[^c]*/**', '/sys/fs/c[^g]*/**', '/sys/fs/cg[^r]*/**', '/sys/firmware/**', '/sys/devices/virtual/powercap/**', '/sys/kernel/security/**',
  ]);
});

test('it needs none of the host\'s macros, and names nobody twice', () => {
  const said = rules(profileText({ abi: false, tunables: false, base: false, daemon: 'unconfined' }));
  assert.equal(said[0], '@{PROC}=/proc/');
  assert.ok(!said.some((rule) => rule.includes('#include')));
  assert.equal(said.filter((rule) => rule === 'signal (receive) peer=unconfined,').length, 1);
});
