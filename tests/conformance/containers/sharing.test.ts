/** What containers share and what shuts them in: /dev/shm, cgroups, other images' files, limits of the block layer. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { after, before, describe, test } from 'node:test';
import { Daemon } from '../../support/daemon.ts';
import { busyboxTar } from '../../support/images.ts';

let daemon: Daemon;
before(async () => {
  daemon = await Daemon.start();
  await daemon.ok('docker', ['import', await busyboxTar(), 'busybox']);
});
after(async () => daemon?.[Symbol.asyncDispose]());

/** What a container of busybox prints that runs `script`. */
const sh = (script: string, ...flags: string[]): Promise<string> => daemon.ok('docker', ['run', '--rm', ...flags, 'busybox', 'sh', '-c', script]);
/** What docker says of a run that must fail. */
async function refusal(...args: string[]): Promise<string> {
  const { code, stderr } = await daemon.run('docker', ['run', '--rm', ...args]);
  assert.notEqual(code, 0);
  return stderr;
}
const inspect = async (name: string) => JSON.parse(await daemon.ok('docker', ['inspect', name]))[0];
const hostMounts = (): string => readFileSync('/proc/self/mounts', 'utf8');

describe('--ipc', () => {
  test('a shareable /dev/shm is joined by name, survives the owner\'s rename, and leaves no mount behind', async () => {
    await daemon.ok('docker', ['run', '-d', '--name', 'donor', '--ipc', 'shareable', '--shm-size', '1m', 'busybox', 'sh', '-c', 'echo hello >/dev/shm/x; sleep 1000']);
    await daemon.ok('docker', ['create', '--name', 'guest', '--ipc', 'container:donor', 'busybox', 'sh', '-c', 'until [ -s /dev/shm/x ]; do sleep 0.05; done; cat /dev/shm/x; df -k /dev/shm | tail -1']);
    await daemon.ok('docker', ['rename', 'donor', 'giver']);
    assert.equal((await inspect('guest')).HostConfig.IpcMode, `container:${(await inspect('giver')).Id}`);
    assert.match(await daemon.ok('docker', ['start', '-a', 'guest']), /^hello\n\S+\s+1024 /);
    assert.ok(hostMounts().includes(`${daemon.directory}/data`));
    await daemon.ok('docker', ['rm', '-f', 'giver', 'guest']);
    assert.ok(!hostMounts().includes(`${daemon.directory}/data`));
  });

  test('a shareable one is unmounted by the daemon that finds its container dead', async () => {
    await daemon.ok('docker', ['run', '-d', '--name', 'orphan', '--ipc', 'shareable', 'busybox', 'sleep', '1000']);
    const { Pid } = (await inspect('orphan')).State;
    await daemon.crash();
    process.kill(Pid, 'SIGKILL');
    await daemon.up();
    assert.equal((await inspect('orphan')).State.ExitCode, 137);
    assert.ok(!hostMounts().includes(`${daemon.directory}/data`));
    await daemon.ok('docker', ['rm', 'orphan']);
  });

  test('a private one is refused to others, none is none', async () => {
    await daemon.ok('docker', ['run', '-d', '--name', 'private', 'busybox', 'sleep', '1000']);
    assert.match(await refusal('--ipc', 'container:private', 'busybox', 'true'), /failed to join IPC namespace: container \w+: non-shareable IPC \(hint: use IpcMode:shareable for the donor container\)/);
    await daemon.ok('docker', ['rm', '-f', 'private']);
    assert.equal(await sh('ls -d /dev/shm 2>/dev/null || echo none', '--ipc', 'none'), 'none');
  });
});

describe('--mount type=image', () => {
  before(async () => {
    await daemon.ok('docker', ['run', '--name', 'made', 'busybox', 'sh', '-c', 'mkdir -p /a/b /links; echo deep >/a/b/f; ln -s ../a/b /links/in; ln -s ../../x /links/out; rm /bin/cat; mkdir -p /odd /odd:/etc; echo own >/odd:/etc/own; ln -s ../odd:/etc /links/odd']);
    await daemon.ok('docker', ['commit', 'made', 'layered']);
    await daemon.ok('docker', ['rm', 'made']);
  });

  test('shows every layer; what is written stays the container\'s own', async () => {
    assert.equal(await sh('cat /i/a/b/f; ls /i/bin/cat 2>/dev/null; echo x >/i/new; cat /i/new', '--mount', 'type=image,src=layered,dst=/i'), 'deep\nx');
    assert.equal(await sh('ls /i/new 2>/dev/null || echo clean', '--mount', 'type=image,src=layered,dst=/i'), 'clean');
    assert.match(await sh('touch /i/new 2>&1 || true', '--mount', 'type=image,src=layered,dst=/i,readonly'), /Read-only file system/);
  });

  test('subpaths: a directory, a file, a link within the image, none', async () => {
    assert.equal(await sh('ls /i', '--mount', 'type=image,src=layered,dst=/i,image-subpath=a'), 'b');
    assert.equal(await sh('cat /i', '--mount', 'type=image,src=layered,dst=/i,image-subpath=a/b/f'), 'deep');
    assert.match(await refusal('--mount', 'type=image,src=layered,dst=/i,image-subpath=x', 'busybox', 'true'), /cannot access path x: lstat x: no such file or directory/);
    assert.equal(await sh('cat /i/f', '--mount', 'type=image,src=layered,dst=/i,image-subpath=links/in'), 'deep');
    assert.match(await refusal('--mount', 'type=image,src=layered,dst=/i,image-subpath=links/out', 'busybox', 'true'), /path concatenation escapes the base directory/);
  });

  test('a name in the image is no other directory\'s, whatever characters it has', async () => {
    for (const subpath of ['odd:/etc', 'links/odd']) assert.equal(await sh('ls /i', '--mount', `type=image,src=layered,dst=/i,image-subpath=${subpath}`), 'own');
  });

  test('an image of many layers is mounted as one of few', async () => {
    for (let layer = 0; layer < 12; layer++) {
      await daemon.ok('docker', ['run', '--name', 'made', layer === 0 ? 'busybox' : 'tall', 'sh', '-c', `mkdir -p /of; touch /of/${layer}`]);
      await daemon.ok('docker', ['commit', 'made', 'tall']);
      await daemon.ok('docker', ['rm', 'made']);
    }
    for (const more of ['', ',readonly', ',image-subpath=of']) assert.equal(await sh('ls /i/of /i 2>/dev/null | grep -c "^[0-9]"', '--mount', `type=image,src=tall,dst=/i${more}`), '12');
    await daemon.ok('docker', ['rmi', 'tall']);
  });

  test('an image that is mounted is in use', async () => {
    await daemon.ok('docker', ['run', '-d', '--name', 'user', '--mount', 'type=image,src=layered,dst=/i', 'busybox', 'sleep', '1000']);
    assert.deepEqual((await inspect('user')).Mounts.map(({ Type, Source, RW }: Record<string, unknown>) => [Type, Source, RW]), [['image', 'layered', true]]);
    const { stderr } = await daemon.run('docker', ['rmi', 'layered']);
    assert.match(stderr, /container [0-9a-f]{12} is using its referenced image|image is being used by running container/);
    await daemon.ok('docker', ['rm', '-f', 'user']);
  });

  test('who has it mounted starts also when it was removed by force, and after a crash', async () => {
    await daemon.ok('docker', ['commit', await daemon.ok('docker', ['create', 'layered', 'true']).then((id) => id.trim()), 'passing']);
    await daemon.ok('docker', ['create', '--name', 'late', '--mount', 'type=image,src=passing,dst=/i', 'busybox', 'cat', '/i/a/b/f']);
    await daemon.ok('docker', ['rmi', '-f', 'passing', 'layered']);
    await daemon.crash();
    await daemon.up();
    assert.equal((await daemon.ok('docker', ['start', '-a', 'late'])).trim(), 'deep');
    await daemon.ok('docker', ['rm', 'late']);
  });
});

test('--security-opt: cgroups to write, labels and profiles that this host has no module for', async () => {
  assert.match(await sh('d=/sys/fs/cgroup; [ -d $d/pids ] && d=$d/pids; mkdir $d/x 2>&1 && rmdir $d/x && echo made', '--security-opt', 'writable-cgroups=true'), /made/);
  assert.match(await sh('d=/sys/fs/cgroup; [ -d $d/pids ] && d=$d/pids; mkdir $d/x 2>&1; true'), /Read-only file system/);
  await daemon.ok('docker', ['create', '--name', 'open', '--privileged', 'busybox', 'true']);
  assert.deepEqual((await inspect('open')).HostConfig.SecurityOpt, ['label=disable']);
  await daemon.ok('docker', ['rm', 'open']);
  assert.match(await refusal('--security-opt', 'writable-cgroups=maybe', 'busybox', 'true'), /invalid --security-opt 2: "writable-cgroups=maybe"/);
});

test('limits: a container without one has the machine\'s memory; what this kernel cannot do is taken back with a warning', async () => {
  await daemon.ok('docker', ['run', '-d', '--name', 'free', 'busybox', 'sleep', '1000']);
  const stats = JSON.parse(await daemon.api('GET', '/v1.45/containers/free/stats?stream=0&one-shot=1'));
  assert.equal(stats.memory_stats.limit, totalmem());
  await daemon.ok('docker', ['rm', '-f', 'free']);
  const { stderr } = await daemon.run('docker', ['run', '--name', 'weighed', '--blkio-weight', '300', 'busybox', 'true']);
  const { BlkioWeight } = (await inspect('weighed')).HostConfig;
  assert.equal(BlkioWeight, /Weight discarded/.test(stderr) ? 0 : 300);
  await daemon.ok('docker', ['rm', 'weighed']);
});

test('update: memory with swap alone or raised together; what was set as --cpus is not set as a quota', async () => {
  await daemon.ok('docker', ['run', '-d', '--name', 'bounded', '--memory', '64m', '--memory-swap', '128m', 'busybox', 'sleep', '1000']);
  await daemon.ok('docker', ['update', '--memory-swap', '256m', 'bounded']);
  await daemon.ok('docker', ['update', '--memory', '512m', '--memory-swap', '768m', 'bounded']);
  const { Memory, MemorySwap } = (await inspect('bounded')).HostConfig;
  assert.deepEqual([Memory, MemorySwap], [512 << 20, 768 << 20]);
  await daemon.ok('docker', ['update', '--cpus', '0.5', 'bounded']);
  assert.match((await daemon.run('docker', ['update', '--cpu-quota', '80000', 'bounded'])).stderr, /CPU Quota cannot be updated as NanoCPUs has already been set/);
  await daemon.ok('docker', ['rm', '-f', 'bounded']);
});

test('a start that another container hinders is told in the state, and the last exit code stays', async () => {
  await daemon.ok('docker', ['run', '-d', '--name', 'owner', 'busybox', 'sleep', '1000']);
  await daemon.ok('docker', ['run', '--name', 'sharer', '--network', 'container:owner', 'busybox', 'sh', '-c', 'exit 5']).catch(() => {}); // its own exit code
  await daemon.ok('docker', ['rm', '-f', 'owner']);
  assert.notEqual((await daemon.run('docker', ['start', 'sharer'])).code, 0);
  const { State } = await inspect('sharer');
  assert.match(State.Error, /^No such container: /);
  assert.deepEqual([State.Status, State.ExitCode], ['exited', 5]);
  assert.match(await daemon.ok('naru', ['why', 'sharer']), /^It could not be started again: No such container: [^]*^Before that: Its process ended by itself with exit code 5,[^]*which is gone: it cannot start without it\.$/m);
  await daemon.ok('docker', ['rm', 'sharer']);
});
