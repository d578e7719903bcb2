/** naru-runtime on a machine with cgroup v2 alone, as runC's users rely on it there. Runs inside the guest that ../cgroup2.test.ts boots. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, before, suite, test } from 'node:test';
import type { OciResources, OciSpec } from '#spec';
import { GuestBundle } from '../../support/guest-bundle.ts';

const path = '/naru-test/box';
const directory = join('/sys/fs/cgroup', path);

suite('naru-runtime with cgroup v2', () => {
  let bundle: GuestBundle;
  before(() => {
    bundle = new GuestBundle();
  });
  afterEach(() => bundle.clear());

  const file = (name: string) => readFileSync(join(directory, name), 'utf8').trim();
  const box = (resources: OciResources = {}) => {
    bundle.configure('sleep 1000', (spec: OciSpec) => {
      Object.assign(spec.linux ?? {}, { cgroupsPath: path });
      Object.assign(spec.linux?.resources ?? {}, resources);
      for (const mount of spec.mounts ?? []) if (mount.destination === '/sys/fs/cgroup') mount.options = ['rw', 'nosuid', 'noexec', 'nodev'];
    });
    bundle.detached('run', '--detach', 'box');
  };
  const ran = (words: string[], ...command: string[]) => {
    const { status, stdout, stderr } = bundle.runtime('exec', ...words, 'box', ...command);
    assert.equal(status, 0, stderr);
    return stdout;
  };
  const refused = (words: string[], says: RegExp) => {
    const { status, stderr } = bundle.runtime('exec', ...words, 'box', 'true');
    assert.deepEqual([status, says.test(stderr)], [255, true], stderr);
  };

  test('an exec is in the cgroup that it asks for, or in none; without a wish in its first process\'s where its own takes nobody', () => {
    box();
    refused(['--cgroup', '..'], /bad sub cgroup path/);
    refused(['--cgroup', 'nosuch'], / adding pid .*no such file or directory/);
    for (const words of [[], ['--cgroup', '/']]) assert.equal(ran(words, 'cat', '/proc/self/cgroup'), '0::/\n');
    ran([], 'sh', '-euc', 'mkdir /sys/fs/cgroup/foobar; echo 1 > /sys/fs/cgroup/foobar/cgroup.procs; grep -w foobar /proc/1/cgroup');
    assert.equal(ran([], 'cat', '/proc/self/cgroup'), '0::/\n');
    ran([], 'sh', '-euc', 'echo $$ > /sys/fs/cgroup/foobar/cgroup.procs; echo +memory > /sys/fs/cgroup/cgroup.subtree_control');
    assert.equal(ran([], 'cat', '/proc/self/cgroup'), '0::/foobar\n');
    refused(['--cgroup', '/'], / adding pid .* to cgroups.*device or resource busy/);
    assert.equal(ran(['--cgroup', 'foobar'], 'cat', '/proc/self/cgroup'), '0::/foobar\n');
    ran(['--cgroup', 'foobar'], 'mkdir', '/sys/fs/cgroup/second');
    assert.equal(ran(['--cgroup', 'second'], 'cat', '/proc/self/cgroup'), '0::/second\n');
  });

  test('delete takes cgroups along that the container has made, threaded ones too', () => {
    box();
    ran([], 'sh', '-euc', 'cd /sys/fs/cgroup; echo +pids > cgroup.subtree_control; mkdir foo; echo threaded > foo/cgroup.type; sleep 1000 > /dev/null 2>&1 & echo $! > /sys/fs/cgroup/foo/cgroup.threads');
    assert.ok(existsSync(join(directory, 'foo')));
    const { status, stderr } = bundle.runtime('delete', '--force', 'box');
    assert.deepEqual([status, stderr, existsSync(directory)], [0, '', false]);
  });

  test('update changes what it names, by flags and by a document', () => {
    box({ memory: { limit: 33_554_432, reservation: 25_165_824 }, cpu: { quota: 500_000, period: 1_000_000 }, pids: { limit: 20 } });
    const update = (words: string[], expected: Record<string, string>) => {
      const { status, stderr } = bundle.runtime('update', ...words, 'box');
      assert.equal(status, 0, `${words.join(' ')}: ${stderr}`);
      for (const [name, value] of Object.entries(expected)) assert.equal(file(name), value, `${words.join(' ')}: ${name}`);
    };
    update([], { 'memory.max': '33554432', 'memory.low': '25165824', 'cpu.max': '500000 1000000', 'pids.max': '20' });
    update(['--memory', '50M'], { 'memory.max': '52428800' });
    update(['--memory', '52428800', '--memory-swap', '96468992'], { 'memory.max': '52428800', 'memory.swap.max': '44040192' });
    update(['--memory-swap', '-1'], { 'memory.swap.max': 'max' });
    update(['--memory', '-1'], { 'memory.max': 'max', 'memory.swap.max': 'max' });
    update(['--pids-limit', '-1'], { 'pids.max': 'max' });
    update(['--cpu-period', '900000'], { 'cpu.max': '500000 900000' });
    update(['--cpu-quota', '600000'], { 'cpu.max': '600000 900000' });
    update(['--cpu-quota', '-1'], { 'cpu.max': 'max 900000' });
    update(['--cpu-quota', '-1', '--cpu-period', '100000'], { 'cpu.max': 'max 100000' });
    update(['--cpu-idle', '1'], { 'cpu.idle': '1' });
    writeFileSync(bundle.at('resources.json'), JSON.stringify({ unified: { 'cpu.max': '5000 50000', 'pids.max': '42' }, CPU: { Cpus: '0' } }));
    update(['--resources', bundle.at('resources.json')], { 'cpu.max': '5000 50000', 'pids.max': '42', 'cpuset.cpus': '0' });
  });
});
