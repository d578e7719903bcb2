import assert from 'node:assert/strict';
import { test } from 'node:test';
import { selinuxMount, type SecurityModules } from '#kernel';
import { printPlan } from '#shim';
import type { OciProcess, OciSpec } from '#spec';
import { compileCreate, compileExec } from '../compile.ts';
import { withLabels } from './labels.ts';

const both: SecurityModules = { apparmor: 'self/attr/apparmor/exec', selinux: true };
const none: SecurityModules = { apparmor: undefined, selinux: false };
const label = 'u:r:t:s0:c1,c2';
const stdio = { terminal: false, stdin: false, stdinOnce: false, log: undefined };
const cgroup = { tasks: [], into: undefined, view: undefined, oom: undefined };
const command: OciProcess = { args: ['sh'], cwd: '/', user: { uid: 0, gid: 0 } };

const create = (labels: Partial<OciProcess>, linux: OciSpec['linux'], modules: SecurityModules, types: readonly string[] = []): string[] => {
  const mounts = types.map((type) => ({ type, destination: `/${type}`, source: type }));
  const hooks = { createContainer: [{ path: '/hook' }] };
  const spec: OciSpec = { ociVersion: '1.2.0', process: { ...command, ...labels }, mounts, hooks, linux: { namespaces: [{ type: 'mount' }, { type: 'pid' }], ...linux } };
  const rootfs = [{ type: 'overlay', source: 'overlay', options: ['lowerdir=/l'] }];
  return printPlan(compileCreate({ id: 'c', label: 'c', spec, root: '/r', rootfs, stdio, init: false, bundle: '/b', noPivot: undefined, seeded: 0, seccomp: undefined, modules, cgroup })).split('\n').map((line) => line.replace(/^\d+ /, ''));
};

test('a first process takes its profile and label where /proc is still the host\'s, and after hooks that are not to have them', () => {
  const plan = create({ apparmorProfile: 'mine', selinuxLabel: label }, {}, both);
  const at = (part: string): number => plan.findIndex((line) => line.includes(part));
  assert.ok(at('path=/hook') < at('value="exec mine"'));
  assert.deepEqual(plan.slice(at('value="exec mine"'), at('pivot')), ['proc-write path=self/attr/apparmor/exec value="exec mine"', `proc-write path=self/attr/exec value=${label}`]);
  assert.equal(plan[at('keyring name') - 1], `proc-write path=self/attr/keycreate value=${label}`);
});

test('an exec takes them before it enters the container, whose /proc is not to be trusted', () => {
  const plan = printPlan(compileExec({ id: 'c', process: { ...command, apparmorProfile: 'mine', selinuxLabel: label }, stdio, seccomp: undefined, modules: both, memoryPolicy: undefined, listener: undefined, cgroup, namespaces: 0x20000, seeded: false }));
  assert.match(plan, /stage\n.*"exec mine"\n.*attr\/exec .*\n.*keycreate .*\n\d+ join-task /);
});

test('without a module its labels are refused in runC\'s words', () => {
  assert.throws(() => create({ apparmorProfile: 'mine' }, {}, none), /unable to apply apparmor profile: apparmor: config provided but apparmor not supported/);
  for (const [labels, linux] of [[{ selinuxLabel: label }, {}], [{}, { mountLabel: label }]] as const) {
    assert.throws(() => create(labels, linux, none), /selinux label is specified in config, but selinux is disabled or not supported/);
  }
  assert.doesNotThrow(() => create({ apparmorProfile: '', selinuxLabel: '' }, { mountLabel: '' }, none));
});

test('what runC labels is labelled: not /proc and /sys, and of a message queues\' file system the root', () => {
  const plan = create({}, { mountLabel: label, maskedPaths: ['/x'] }, both, ['tmpfs', 'proc', 'sysfs', 'mqueue', 'devpts']);
  const labelled = plan.filter((line) => line.includes(label));
  assert.deepEqual(labelled.map((line) => `${line.split(' ')[0]}` + (/(?:destination|target|path)=(\S+)/.exec(line)?.[1] ?? '')), ['mount/r', 'mount-fs/tmpfs', 'relabel/mqueue', 'mount-fs/devpts', 'mask']);
  assert.ok(labelled[0]?.includes(`data="lowerdir=/l,context=\\"${label}\\""`), plan.join('\n'));
  assert.ok(labelled[1]?.includes(`options=["context=${label}","mode=1777"]`));
});

test('an exec that names none has its container\'s', () => {
  assert.deepEqual(withLabels({ ...command, apparmorProfile: 'other' }, { apparmorProfile: 'mine', selinuxLabel: label }), { ...command, apparmorProfile: 'other', selinuxLabel: label });
  assert.deepEqual(withLabels({ ...command, selinuxLabel: label }, undefined), { ...command, apparmorProfile: '', selinuxLabel: label });
});

test('SELinux is where its file system can be written to', () => {
  const line = (options: string) => `22 1 0:21 / /sys/fs/selinux ${options} shared:7 - selinuxfs selinuxfs rw\n`;
  assert.equal(selinuxMount(`1 0 0:1 / / rw - ext4 /dev/x rw\n${line('rw,relatime')}`), '/sys/fs/selinux');
  assert.equal(selinuxMount(line('ro,relatime')), undefined);
  assert.equal(selinuxMount('1 0 0:1 / / rw - ext4 selinuxfs rw\n'), undefined);
});
