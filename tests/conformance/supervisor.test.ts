/** The supervisor on real rooms: overlay snapshots, the plan runtime, a network of its own. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { ContainerSpec } from '#supervisor';
import { exampleSpec } from '../../packages/supervisor/fakes.ts';
import { BuildWorld } from '../support/build-world.ts';

let world: BuildWorld;
let count = 0;
before(async () => {
  world = await BuildWorld.open();
});
after(async () => {
  await world?.networks.close({ keepDataPath: false });
  await world?.[Symbol.asyncDispose]();
});

/** Creates a container of busybox; without a network unless told. */
async function create(script: string, change: Partial<ContainerSpec> = {}): Promise<string> {
  const id = (++count).toString(16).padStart(64, '0');
  const spec = exampleSpec();
  const image = world.images.find('busybox');
  await world.supervisor.create({
    ...spec,
    id,
    owner: 'cri',
    chainId: await world.images.unpack(image),
    cgroupParent: `/naru-build-test-${process.pid}`,
    process: { ...spec.process, args: ['sh', '-c', script], env: ['PATH=/bin'], ...change.process },
    ...change,
  });
  return id;
}

/** Starts it attached; gives what it printed and its exit code. */
async function output(id: string): Promise<{ text: string; code: number }> {
  await using attachment = await world.supervisor.attach(id, { stdin: false, stdout: true, stderr: true });
  const ended = world.supervisor.wait(id, 'next-exit');
  await world.supervisor.start(id);
  const chunks = await Array.fromAsync(attachment.output, ({ bytes }) => Buffer.from(bytes));
  return { text: Buffer.concat(chunks).toString(), code: (await ended).code };
}

const remove = (id: string): Promise<void> => world.supervisor.remove(id, { force: true });

test('the files of a stopped and of a running container are reached, its own layer apart from what is mounted', async () => {
  const id = await create('echo own > /own; echo mounted > /dev/shm/x; sleep 100');
  assert.deepEqual(await world.supervisor.withRoot(id, async (root) => readdirSync(join(root, 'etc')).includes('mtab')), true);
  await world.supervisor.start(id);
  while (!(await world.supervisor.withRoot(id, async (root) => existsSync(join(root, 'dev/shm/x'))))) await new Promise((wake) => setTimeout(wake, 10));
  await world.supervisor.withOwnFiles(id, async (root) => {
    assert.equal(readFileSync(join(root, 'own'), 'utf8'), 'own\n');
    assert.deepEqual(readdirSync(join(root, 'dev/shm')), []);
    assert.throws(() => writeFileSync(join(root, 'x'), ''), { code: 'EROFS' });
    assert.equal(statSync(root).dev, statSync(`/proc/${world.supervisor.state(id)?.pid}/root/`).dev, 'no second mount over its layer');
  });
  assert.deepEqual(await world.snapshots.changes(id), [{ path: '/own', kind: 'added' }]);
  assert.equal(readFileSync('/proc/self/mountinfo', 'utf8').includes(id), false);
  await remove(id);
});

test('a user is looked up in the files that the container has now', async () => {
  const { process } = exampleSpec();
  const id = await create('id -u; id -g; echo $HOME', { process: { ...process, args: ['sh', '-c', 'id -u; id -g; echo $HOME'], env: ['PATH=/bin'], user: 'late' } });
  await assert.rejects(world.supervisor.start(id), { message: 'unable to find user late: no matching entries in passwd file' });
  await world.supervisor.withRoot(id, async (root) => writeFileSync(join(root, 'etc/passwd'), 'late:x:77:78::/tmp:/bin/sh\n'));
  assert.deepEqual(await output(id), { text: '77\n78\n/tmp\n', code: 0 });
  assert.deepEqual(await world.supervisor.user(id).then(({ uid, gid }) => [uid, gid]), [77, 78]);
  await remove(id);
});

test('a start that fails leaves no task, no cgroup and no address', async () => {
  const { process } = exampleSpec();
  await world.networks.recover([]);
  const id = await create('', {
    process: { ...process, args: ['nosuch'], env: ['PATH=/bin'] },
    network: {
      mode: 'own',
      endpoints: [{ containerId: (count + 1).toString(16).padStart(64, '0'), containerName: 'x', network: 'bridge', aliases: [], ports: [] }],
      dns: { servers: [], search: [], options: [] },
      extraHosts: [],
    },
  });
  await assert.rejects(world.supervisor.start(id), { name: 'InvalidArgument', exitCode: 127 });
  const state = world.supervisor.state(id);
  assert.deepEqual([state?.status, state?.exit?.code, state?.endpoints], ['created', 127, []]);
  assert.deepEqual(readdirSync(join(world.directory, 'run/tasks')), []);
  assert.deepEqual(readdirSync('/sys/class/net').filter((name) => name.includes(id.slice(0, 8))), []);
  assert.equal(existsSync(`/sys/fs/cgroup/pids/naru-build-test-${globalThis.process.pid}/${id}`), false);
  await remove(id);
});

test('an exec has its own user, environment and exit code', async () => {
  const id = await create('sleep 100');
  await world.supervisor.start(id);
  const process = await world.supervisor.exec(id, {
    execId: 'e1', args: ['sh', '-c', 'id -u; echo $HOME; exit 9'], env: ['PATH=/bin'], cwd: '', user: 'nobody',
    privileged: false, terminal: false, stdin: false, consoleSize: undefined,
  });
  await using attachment = await process.attach({ stdin: false, stdout: true, stderr: true });
  const text = Buffer.concat(await Array.fromAsync(attachment.output, ({ bytes }) => Buffer.from(bytes))).toString();
  assert.deepEqual([text, (await process.wait()).code], ['65534\n/home\n', 9]);
  await remove(id);
});

test('a container starts again and again on what it wrote', async () => {
  const id = await create('echo x >> /log; wc -l < /log');
  for (const lines of ['1', '2', '3']) assert.deepEqual(await output(id), { text: `${lines}\n`, code: 0 });
  await remove(id);
});
