/** naru-shim itself: its log, its faults, what it keeps from a container, and its build. Needs root. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Cgroup } from '#kernel';
import { encodeFrame, encodePlan, FrameType, ShimConnection, ShimImage, spawnShim } from '#shim';
import type { CreateOptions, Task } from '#runtime';
import { collect, RuntimeWorld, shimPath } from '../support/bundle.ts';

const all = { stdin: false, stdout: true, stderr: true };
let world: RuntimeWorld;
before(() => {
  world = new RuntimeWorld();
});
after(() => world[Symbol.asyncDispose]());

const logTo = (path: string, maxBytes = 1e9, maxFiles = 1): Partial<CreateOptions> => ({ stdio: { terminal: false, stdin: false, stdinOnce: false, log: { path, maxBytes, maxFiles } } });
const lines = (path: string) => readFileSync(path, 'utf8').trim().split('\n').map((line) => JSON.parse(line) as { log: string; stream: string; time: string });

async function started(args: string[], more?: Partial<CreateOptions>): Promise<Task> {
  const task = await world.create(args, undefined, more);
  await task.start();
  return task;
}

/** The pid of the shim that holds a task. */
function shimOf(task: Task): number {
  return Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${task.pid}/status`, 'utf8'))?.[1]);
}

const alive = (pid: number) => existsSync(`/proc/${pid}`) && !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));

async function until(condition: () => boolean, what: string): Promise<void> {
  for (let waited = 0; !condition(); waited += 5) {
    assert.ok(waited < 5000, `never came: ${what}`);
    await sleep(5);
  }
}

suite('the json-file log', () => {
  test('lines, streams, times, pieces of 16 KB, and escapes as Go writes them', async () => {
    const path = join(world.directory, 'a-json.log');
    await world.sh('echo one; echo two >&2; sleep 0.05; head -c 40000 /dev/zero | tr "\\0" a; echo; printf "<ü&>\\t\\001\\377\\n"; printf end', undefined, logTo(path));
    const log = lines(path);
    assert.deepEqual(log.map(({ log: text, stream }) => [text.replace(/a{50,}/, (run) => `a*${run.length}`), stream]), [
      ['one\n', 'stdout'],
      ['two\n', 'stderr'],
      ['a*16384', 'stdout'],
      ['a*16384', 'stdout'],
      ['a*7232\n', 'stdout'],
      ['<ü&>\t\u0001\ufffd\n', 'stdout'],
      ['end', 'stdout'],
    ]);
    assert.equal(log[2]?.time, log[4]?.time);
    assert.match(readFileSync(path, 'utf8'), /\\u003cü\\u0026\\u003e\\t\\u0001\\ufffd\\n/);
    for (const { time } of log) assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/);
  });

  test('rotated at its bound, so many files kept, no line lost or cut', async () => {
    const path = join(world.directory, 'b-json.log');
    await world.sh('seq 1 3000', undefined, logTo(path, 40_000, 20));
    const files = readdirSync(world.directory).filter((name) => name.startsWith('b-json.log'));
    assert.ok(files.length > 3);
    for (const name of files) assert.ok(statSync(join(world.directory, name)).size < 41_000);
    const numbers = files.flatMap((name) => lines(join(world.directory, name)).map(({ log }) => Number(log))).toSorted((a, b) => a - b);
    assert.deepEqual(numbers, Array.from({ length: 3000 }, (_, index) => index + 1));
  });

  test('a full disk stops neither the container nor its output to others; what is lost is counted', async () => {
    const small = join(world.directory, 'small');
    mkdirSync(small);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'naru-test', small]);
    try {
      const task = await world.create(['sh', '-c', 'seq 1 20000; sleep 0.2'], undefined, logTo(join(small, 'x-json.log')));
      const output = collect(await task.attach(all));
      await task.start();
      await sleep(150);
      const connection = await statusOf(task);
      assert.ok(connection.droppedBytes > 1000);
      assert.equal((await output).stdout.trim().split('\n').length, 20000);
      await task.wait();
      await task.delete();
      assert.ok(lines(join(small, 'x-json.log')).length > 100); // whole records only
    } finally {
      execFileSync('umount', [small]);
    }
  });

  test('a flood that nobody reads runs on; the log stays within its bound', async () => {
    const path = join(world.directory, 'c-json.log');
    const { exit } = await world.sh('head -c 60000000 /dev/zero | tr "\\0" x | fold -w 1000', undefined, logTo(path, 1e6, 3));
    assert.equal(exit.code, 0);
    const sizes = readdirSync(world.directory).filter((name) => name.startsWith('c-json.log')).map((name) => statSync(join(world.directory, name)).size);
    assert.equal(sizes.length, 3);
    for (const size of sizes) assert.ok(size < 1e6 + 20_000);
  });
});

async function statusOf(task: Task) {
  const { connectShim, parseStatus } = await import('#shim');
  using connection = await connectShim(join(world.execRoot, 'tasks', task.id, 'shim.sock'));
  return parseStatus((await connection.request(FrameType.status)).payload);
}

suite('attachments', () => {
  test('a slow reader loses nothing', async () => {
    const task = await world.create(['sh', '-c', 'head -c 3000000 /dev/zero']);
    const attachment = await task.attach(all);
    await task.start();
    await sleep(100); // everything between here and there is full by now
    let bytes = 0;
    for await (const chunk of attachment.output) {
      bytes += chunk.bytes.length;
      if (bytes < 500_000) await sleep(1);
    }
    assert.equal(bytes, 3_000_000);
    await task.wait();
    await task.delete();
  });

  test('one who leaves while the container waits for him sets it free', async () => {
    const task = await world.create(['sh', '-c', 'head -c 3000000 /dev/zero; exit 3']);
    const attachment = await task.attach(all);
    await task.start();
    await sleep(50);
    await attachment[Symbol.asyncDispose]();
    assert.equal((await task.wait()).code, 3);
    await task.delete();
  });
});

suite('faults', () => {
  test('the shim killed: the container dies, and another daemon clears what is left', async () => {
    const task = await started(['sleep', '100']);
    const shim = shimOf(task);
    process.kill(shim, 'SIGKILL');
    assert.equal((await task.wait()).code, 137);
    await until(() => !alive(task.pid), 'the end of PID 1');
    const found = await world.anotherRuntime().load(task.id);
    assert.equal(found?.status, 'stopped');
    await found?.delete();
    assert.deepEqual(world.leftovers(), []);
  });

  test('the shim killed before the start', async () => {
    const task = await world.create(['sleep', '100']);
    process.kill(shimOf(task), 'SIGKILL');
    await task.wait();
    await until(() => !alive(task.pid), 'the end of PID 1');
    await assert.rejects(task.start());
    await task.delete(true);
    assert.deepEqual(world.leftovers(), []);
  });

  test('the shim of a paused container killed: what it held is thawed and ends, though the freezer held back the kernel\'s signal', async () => {
    const task = await started(['sh', '-c', 'sleep 100 & wait']);
    await task.pause();
    process.kill(shimOf(task), 'SIGKILL');
    assert.equal((await task.wait()).code, 137);
    await until(() => !alive(task.pid), 'the end of PID 1');
    await task.delete();
    assert.deepEqual(world.leftovers(), []);
  });

  test('PID 1 killed from outside, running and created', async () => {
    const task = await started(['sleep', '100']);
    process.kill(task.pid, 'SIGKILL');
    assert.deepEqual([(await task.wait()).code, task.status], [137, 'stopped']);
    await task.delete();
    const created = await world.create(['sleep', '100']);
    process.kill(created.pid, 'SIGKILL');
    assert.equal((await created.wait()).code, 137);
    await created.delete();
    assert.deepEqual(world.leftovers(), []);
  });

  test('a directory and a cgroup without a shim are cleared by load and delete', async () => {
    const directory = join(world.execRoot, 'tasks/half');
    mkdirSync(directory);
    await new Cgroup(`${world.cgroupParent}/half`).create();
    const found = await world.runtime.load('half');
    assert.equal(found?.status, 'stopped');
    await found?.delete(true);
    assert.deepEqual(world.leftovers(), []);
  });

  test('without a pid namespace of its own, nothing outlives the first process', async () => {
    const task = await world.create(['sh', '-c', 'sleep 1000 & sleep 1000 & exit 0'], (spec) => {
      if (spec.linux) spec.linux.namespaces = spec.linux.namespaces?.filter(({ type }) => type !== 'pid');
    });
    await task.start();
    await task.wait();
    const cgroup = new Cgroup(`${world.cgroupParent}/${task.id}`);
    await until(() => cgroup.pids().length === 0, 'the end of what it left');
    await task.delete();
  });

  test('a fork bomb stays within its limit and is ended', async () => {
    const task = await world.create(['sh', '-c', ':() { : | : & }; : ; sleep 100'], (spec) => Object.assign(spec.linux?.resources ?? {}, { pids: { limit: 30 } }));
    await task.start();
    await sleep(200);
    assert.ok((await task.pids()).length <= 30);
    await task.delete(true);
    assert.deepEqual(world.leftovers(), []);
  });

  test('a hundred rounds of kill at any moment leave nothing', async () => {
    for (let round = 0; round < 100; round++) {
      const task = await world.create(['sleep', '100']);
      const shim = shimOf(task);
      const started = task.start().catch(() => undefined); // killed under its hands, it may fail
      if (round % 3 === 1) await sleep(Math.random() * 2);
      for (const pid of [[task.pid], [shim], [shim, task.pid]][round % 3] ?? []) if (alive(pid)) process.kill(pid, 'SIGKILL');
      await Promise.all([started, task.wait()]);
      await task.delete(true);
    }
    await until(() => world.leftovers().length === 0, 'a clean house');
  });
});

suite('spares', () => {
  test('a container that takes a spare is as any other; a spare that was killed is passed over', async () => {
    await using runtime = world.anotherRuntime({ spares: 1 });
    const spare = () => readdirSync(join(world.execRoot, 'spares'))[0];
    for (const kill of [false, true]) {
      await until(() => spare() !== undefined, 'a spare');
      await sleep(30);
      if (kill) for (const pid of processesBelow(join(world.execRoot, 'spares'))) process.kill(pid, 'SIGKILL');
      const task = await runtime.create(world.options(['sh', '-c', 'cat /proc/self/cgroup; hostname; exit 4']));
      const output = collect(await task.attach(all));
      await task.start();
      assert.equal((await task.wait()).code, 4);
      const { stdout } = await output;
      assert.ok(stdout.split('\n').filter((line) => line.includes(':')).every((line) => line.endsWith(`${world.cgroupParent}/${task.id}`)), stdout);
      assert.ok(stdout.endsWith('box\n'));
      await task.delete();
    }
  });

  test('a spare is gone with its daemon, and with a killed one\'s successor', async () => {
    {
      await using _runtime = world.anotherRuntime({ spares: 2 });
      await until(() => readdirSync(join(world.execRoot, 'spares')).length === 2, 'spares');
      await sleep(20);
    }
    assert.deepEqual(world.leftovers(), []);
  });
});

function processesBelow(directory: string): number[] {
  return globSync('/proc/[0-9]*/cmdline').filter((file) => existsSync(file) && readFileSync(file, 'utf8').includes(directory)).map((file) => Number(file.split('/')[2]));
}

suite('what a container cannot reach', () => {
  test('/proc/self/exe is no file of the host that could be written (CVE-2019-5736)', async () => {
    const before = readFileSync(shimPath);
    const task = await started(['sh', '-c', 'while :; do for p in /proc/[0-9]*; do echo pwned > $p/exe; done; done 2>/dev/null']);
    for (let i = 0; i < 10; i++) {
      const exec = await task.exec('x', { args: ['/proc/self/exe'], cwd: '/', env: ['PATH=/bin'], user: { uid: 0, gid: 0 } }, { terminal: false, stdin: false, stdinOnce: false, log: undefined, detached: true });
      await exec.wait();
    }
    await task.delete(true);
    assert.deepEqual(readFileSync(shimPath), before);
    await world.sh('true'); // the memory image is whole, too
  });

  test('no descriptor of the host is left open, in PID 1, in an exec, under --init (CVE-2024-21626)', async () => {
    const list = 'for f in /proc/self/fd/*; do echo "$f $(readlink $f)"; done; readlink /proc/self/cwd';
    const task = await started(['sh', '-c', `${list}; sleep 100`]);
    const exec = await task.exec('x', { args: ['sh', '-c', list], cwd: '/', env: ['PATH=/bin'], user: { uid: 0, gid: 0 } }, { terminal: false, stdin: false, stdinOnce: false, log: undefined });
    const inExec = (await collect(await exec.attach(all))).stdout;
    const inInit = (await world.sh(list, undefined, { init: true })).stdout;
    const inFirst = readdirSync(`/proc/${task.pid}/fd`);
    await task.delete(true);
    assert.deepEqual(inFirst.filter((fd) => Number(fd) > 2 && Number(fd) !== 10), []); // 10 is the shell's own
    for (const text of [inExec, inInit]) assert.ok(text.trim().split('\n').every((line) => /fd\/\d+ (\/dev\/null|pipe:|\/proc\/\d+\/fd$|$)/.test(line) || line === '/'), text);
  });

  test('a working directory below a descriptor is refused (CVE-2024-21626)', async () => {
    const task = await started(['sleep', '100']);
    const exec = { args: ['pwd'], env: ['PATH=/bin'], user: { uid: 0, gid: 0 } };
    for (let fd = 3; fd < 12; fd++) {
      const cwd = `/proc/self/fd/${fd}`;
      await assert.rejects(world.sh('pwd', (spec) => Object.assign(spec.process ?? {}, { cwd })), /unable to start container process/);
      /* In an exec one of them is the container's own root: that is no way out, and all that may be reached. */
      const inside = await task.exec('x', { ...exec, cwd }, { terminal: false, stdin: false, stdinOnce: false, log: undefined }).catch((error: Error) => error);
      if (inside instanceof Error) assert.match(inside.message, /chdir to cwd/);
      else assert.equal((await collect(await inside.attach(all))).stdout, '/\n');
    }
    await task.delete(true);
  });

  test('a mount destination that is a symlink stays inside (CVE-2021-30465, CVE-2023-27561)', async () => {
    const target = join(world.directory, 'outside');
    mkdirSync(target);
    writeFileSync(join(target, 'mark'), '');
    symlinkSync(target, join(world.base, 'escape'));
    symlinkSync('../../../../../../../..' + target, join(world.base, 'escape2'));
    try {
      const { stdout } = await world.sh('ls /escape/here /escape2/here', (spec) => {
        for (const name of ['escape', 'escape2']) spec.mounts?.push({ destination: `/${name}/here`, type: 'tmpfs', source: 'tmpfs' });
      });
      assert.equal(stdout.includes('mark'), false);
      assert.deepEqual(readdirSync(target), ['mark']);
    } finally {
      for (const name of ['escape', 'escape2']) rmSync(join(world.base, name));
    }
  });

  test('proc lands on a directory or nowhere (CVE-2019-16884)', async () => {
    const options = world.options(['true']);
    const upper = options.rootfs[0]?.options.find((option) => option.startsWith('upperdir='))?.slice('upperdir='.length) ?? '';
    mkdirSync(join(upper, 'elsewhere'));
    execFileSync('mknod', [join(upper, 'proc'), 'c', '0', '0']); // whites out the image's
    rmSync(join(upper, 'proc'));
    symlinkSync('elsewhere', join(upper, 'proc'));
    await assert.rejects(world.runtime.create(options), /error mounting "proc" to rootfs at "\/proc"/);
  });

  test('a masked path cannot be unmasked through a false /dev/null (CVE-2025-31133)', async () => {
    await assert.rejects(
      world.sh('true', (spec) => {
        spec.mounts?.push({ destination: '/dev/null', type: 'bind', source: '/etc/hostname', options: ['bind'] });
      }),
      /masked path|mknod \/dev\/null/,
    );
  });

  test('cgroup release_agent is out of reach (CVE-2022-0492)', async () => {
    const { stdout, stderr } = await world.sh('mkdir /tmp/c && mount -t cgroup -o memory x /tmp/c && echo mounted; unshare -UrmC true && echo unshared; echo x > /sys/fs/cgroup/memory/notify_on_release && echo written');
    assert.equal(stdout, '');
    assert.notEqual(stderr, '');
  });

  test('inheritable capabilities are empty unless asked for (CVE-2022-24769)', async () => {
    assert.match((await world.sh('grep CapInh /proc/self/status')).stdout, /CapInh:\s+0000000000000000/);
  });

  test('the session keyring is its own', async () => {
    const options = world.options(['sh', '-c', 'cat /proc/keys'], (spec) => {
      if (spec.linux) spec.linux.maskedPaths = [];
    });
    const task = await world.runtime.create(options);
    const output = collect(await task.attach(all));
    await task.start();
    const { stdout } = await output;
    await task.wait();
    await task.delete();
    assert.match(stdout, new RegExp(`keyring +_ses\\.${options.id}:`));
  });

  test('supplementary groups are those of the spec, no more (CVE-2022-36109)', async () => {
    const { stdout } = await world.sh('grep ^Groups /proc/self/status', (spec) => Object.assign(spec.process ?? {}, { user: { uid: 1000, gid: 1000, additionalGids: [7, 8] } }));
    assert.equal(stdout.trim(), 'Groups:\t7 8');
  });

  test('its abstract sockets are those of its own network namespace (CVE-2020-15257)', async () => {
    const { stdout } = await world.sh('grep -c @ /proc/net/unix');
    assert.equal(stdout, '0\n');
  });
});

suite('bad requests', () => {
  test('nonsense on the control connection is answered or dropped, never obeyed, and the shim lives on or goes', async () => {
    using image = new ShimImage(shimPath);
    for (const payload of [Buffer.alloc(0), Buffer.from('junk'), encodePlan([]), encodePlan([{ op: 'stage' }]), Buffer.concat([encodePlan([{ op: 'stage' }]), Buffer.from([1])]), encodePlan([{ op: 'hostname', name: 'early' }, { op: 'stage' }])]) {
      const directory = join(world.execRoot, 'bad');
      mkdirSync(directory);
      const { socket, reap } = await spawnShim(image, directory, 'bad');
      using connection = new ShimConnection(socket, {});
      await connection.ready.finally(reap);
      await assert.rejects(connection.request(FrameType.create, { payload }));
      connection[Symbol.dispose]();
      await until(() => processesBelow(directory).length === 0, 'the end of the shim');
      rmSync(directory, { recursive: true });
    }
  });

  test('a frame longer than any plan ends the connection', async () => {
    const task = await started(['sleep', '100']);
    const { connectShim } = await import('#shim');
    using connection = await connectShim(join(world.execRoot, 'tasks', task.id, 'shim.sock'));
    const frame = encodeFrame(FrameType.status);
    frame.writeUInt32LE(0xffffffff, 0);
    connection.socket.write(frame);
    await connection.closed;
    assert.equal(alive(task.pid), true);
    await task.delete(true);
  });
});
