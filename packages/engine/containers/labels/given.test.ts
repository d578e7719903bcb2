import assert from 'node:assert/strict';
import { test } from 'node:test';
import { completeHostConfig } from '../spec/complete.ts';
import type { ContainerRecord } from '../record.ts';
import { chooseLabels, levelOf } from './choose.ts';
import { withImpliedLabels } from './given.ts';
import { requireRelabelable } from './relabel.ts';

const labels: Record<string, string> = { one: 'u:r:t:s0:c1,c2', two: 'u:r:t:s0:c3,c4', none: '' };
const containers = { find: (name: string) => ({ labels: { process: labels[name] ?? '', mount: '' } }) as ContainerRecord };
const implied = (host: Parameters<typeof completeHostConfig>[0]) => withImpliedLabels(completeHostConfig(host, 2), containers).SecurityOpt;

test('what sees the host has no label, what sees another container has that one\'s', () => {
  assert.deepEqual(implied({ Privileged: true }), ['label=disable']);
  assert.deepEqual(implied({ PidMode: 'host', SecurityOpt: ['seccomp=unconfined'] }), ['seccomp=unconfined', 'label=disable']);
  assert.deepEqual(implied({ IpcMode: 'container:one' }), ['label=user:u', 'label=role:r', 'label=type:t', 'label=level:s0:c1,c2']);
  assert.deepEqual(implied({ IpcMode: 'container:one', PidMode: 'container:one' })?.length, 4);
  assert.throws(() => implied({ IpcMode: 'container:one', PidMode: 'container:two' }), /--ipc and --pid containers SELinux labels aren't the same/);
  assert.equal(implied({ PidMode: 'container:none' })?.length ?? 0, 0);
});

test('who says something of labels is left alone', () => {
  assert.deepEqual(implied({ Privileged: true, SecurityOpt: ['label=type:x'] }), ['label=type:x']);
});

test('a label that is wrong is its own container\'s trouble: the next one\'s is chosen', () => {
  const host = { process: 'u:r:t:s0', file: 'u:o:f:s0' };
  const draws = [1, 2, 3, 4].map((category) => category / 1024);
  const random = () => draws.shift() ?? 0;
  const wrong = chooseLabels(['type:', 'level:s0:c1,c2'], host, new Set(), random);
  assert.equal(wrong.process, 'u:r::s0:c1,c2');
  draws.unshift(1 / 1024, 2 / 1024);
  assert.equal(chooseLabels([], host, new Set([wrong.process, ''].map(levelOf)), random).process, 'u:r:t:s0:c3,c4');
});

test('the host\'s own directories are not relabelled', () => {
  for (const path of ['/', '/etc', '/home', '/me']) assert.throws(() => requireRelabelable(path, '/me'), new RegExp(`SELinux relabeling of ${path} is not allowed`));
  assert.throws(() => requireRelabelable('/usr/share/x'), /relabeling content in \/usr is not allowed/);
  assert.doesNotThrow(() => requireRelabelable('/srv/data', '/me'));
});
