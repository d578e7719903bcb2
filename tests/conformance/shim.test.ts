/** naru-shim itself: its log, its faults, its requests. Needs root. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, globSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Cgroup } from '#kernel';
import { AttachFlag, connectShim, encodeFrame, encodePlan, FrameType, parseStatus, ShimConnection, ShimImage, spawnShim, StdioFlag } from '#shim';
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
    assert.ok(waited < 60_000, `never came: ${what}`);
    await sleep(5);
  }
}

suite('the json-file log', () => {
  test('lines, streams, times, pieces of 16 KB, and escapes as Go writes them', async () => {
    const path = join(world.directory, 'a-json.log');
    await world.sh('echo one; echo two >&2; head -c 40000 /dev/zero | tr "\\0" a; echo; printf "<ü&>\\t\\001\\377\\n"; printf end', undefined, logTo(path));
    const log = lines(path);
    const of = (stream: string) => log.filter((line) => line.stream === stream); // the order of two streams is nobody's promise
    assert.deepEqual(of('stderr').map(({ log: text }) => text), ['two\n']);
    assert.deepEqual(of('stdout').map(({ log: text }) => text.replace(/a{50,}/, (run) => `a*${run.length}`)), ['one\n', 'a*16384', 'a*16384', 'a*7232\n', '<ü&>\t\u0001\ufffd\n', 'end']);
    assert.equal(of('stdout')[1]?.time, of('stdout')[3]?.time);
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

  test('one file alone is begun anew at its bound: who follows it reads the old one to its end', async () => {
    const path = join(world.directory, 'alone-json.log');
    const stdio = { terminal: false, stdin: true, stdinOnce: false, log: { path, maxBytes: 8000, maxFiles: 1 } };
    const task = await world.create(['sh', '-c', 'printf "%09000d\\n" 1; read go; echo 2; exec sleep 1000'], undefined, { stdio });
    const output = await task.attach({ ...all, stdin: true });
    await task.start();
    await until(() => existsSync(path) && statSync(path).size > 8000, 'the first line, past the bound');
    const old = openSync(path, 'r');
    try {
      output.stdin?.write('\n');
      await until(() => statSync(path).size < 8000 && statSync(path).size > 0, 'the second');
      assert.deepEqual(lines(path).map(({ log }) => log), ['2\n']);
      assert.match(readFileSync(old, 'utf8'), /0001\\n/);
      assert.deepEqual(readdirSync(world.directory).filter((name) => name.startsWith('alone-json.log')), ['alone-json.log']);
    } finally {
      closeSync(old);
      await output[Symbol.asyncDispose]();
      await task.delete(true);
    }
  });

  test('a full disk stops neither the container nor its output to others; what is lost is counted', async () => {
    const small = join(world.directory, 'small');
    mkdirSync(small);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'naru-test', small]);
    try {
      const task = await world.create(['sh', '-c', 'seq 1 20000; touch /over; sleep 1000'], undefined, logTo(join(small, 'x-json.log')));
      const output = collect(await task.attach(all));
      await task.start();
      for (let dropped = 0; dropped <= 1000; await sleep(10)) dropped = (await statusOf(task)).droppedBytes;
      await until(() => existsSync(`/proc/${task.pid}/root/over`), 'the last line');
      process.kill(task.pid, 'SIGKILL');
      assert.equal((await output).stdout.trim().split('\n').length, 20000);
      await task.wait();
      await task.delete();
      assert.ok(lines(join(small, 'x-json.log')).length > 100); // whole records only
    } finally {
      execFileSync('umount', [small]);
    }
  });

  test('where a disk has no room for another file, the rotated ones stay: what comes is lost, and counted', async () => {
    const small = join(world.directory, 'few-files');
    mkdirSync(small);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'nr_inodes=3', 'naru-test', small]);
    try {
      const task = await world.create(['sh', '-c', 'for i in 1 2 3 4; do printf "%09000d\\n" $i; usleep 100000; done; sleep 1000'], undefined, logTo(join(small, 'y-json.log'), 8000, 3));
      await task.start();
      for (let dropped = 0; dropped < 18_000; await sleep(10)) dropped = (await statusOf(task)).droppedBytes;
      const kept = readdirSync(small).toSorted().map((name) => [name, lines(join(small, name)).map(({ log }) => Number(log))]);
      assert.deepEqual(kept, [['y-json.log.1', [2]], ['y-json.log.2', [1]]]);
      await task.delete(true);
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

  test('an exec whose asker leaves before it is answered waits for nobody to read it', async () => {
    const task = await started(['sleep', '1000']);
    const path = join(world.execRoot, 'tasks', task.id, 'shim.sock');
    const ended = Promise.withResolvers<number>();
    using _listening = await connectShim(path, { exited: ended.resolve });
    const payload = encodePlan([
      { op: 'stdio', flags: StdioFlag.hold },
      { op: 'stage' },
      { op: 'clone', types: 0, uidMap: '', gidMap: '', denySetgroups: 0 },
      { op: 'command', arguments: ['/bin/busybox', 'head', '-c', '1000000', '/dev/zero'], environment: [] },
      { op: 'ready', wait: 0 },
      { op: 'exec', flags: 0 },
    ]);
    {
      using asker = await connectShim(path);
      asker.request(FrameType.exec, { flag: AttachFlag.stdout << 1, payload }).catch(() => undefined);
    }
    assert.equal(await ended.promise, 1);
    await task.delete(true);
  });

  test('two hundred at once are all let in, by a shim that has no time for them just then', async () => {
    const task = await started(['sh', '-c', 'read line; echo $line'], { stdio: { terminal: false, stdin: true, stdinOnce: false, log: undefined } });
    try {
      const shim = shimOf(task);
      process.kill(shim, 'SIGSTOP');
      const readers = Array.from({ length: 200 }, () => task.attach(all));
      await sleep(0); // all of them have called
      process.kill(shim, 'SIGCONT');
      const outputs = (await Promise.all(readers)).map(collect);
      (await task.attach({ ...all, stdin: true })).stdin?.end('heard\n');
      assert.deepEqual(new Set((await Promise.all(outputs)).map(({ stdout }) => stdout)), new Set(['heard\n']));
    } finally {
      await task.delete(true);
    }
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

  test('one that is killed when its container has begun is not made good by another: hooks have run, and who was to attach has been let go of', async () => {
    await using runtime = world.anotherRuntime({ spares: 1 });
    const spares = join(world.execRoot, 'spares');
    await until(() => readdirSync(spares).length > 0, 'a spare');
    await sleep(30);
    let asked = 0;
    const onStdio = async (): Promise<void> => {
      asked++;
      for (const pid of processesBelow(spares)) process.kill(pid, 'SIGKILL');
    };
    const options = world.options(['true'], (spec) => {
      spec.linux = { ...spec.linux, sysctl: { 'net.ipv4.conf.all.forwarding': '1' } }; // with these the network is laid last
      spec.hooks = { createRuntime: [{ path: '/bin/sleep', args: ['sleep', '0.2'] }] };
    });
    await assert.rejects(runtime.create({ ...options, onStdio }), { message: 'the shim is gone' });
    assert.equal(asked, 1);
  });

  test('a spare is gone with its daemon, and with a killed one\'s successor', async () => {
    {
      await using _runtime = world.anotherRuntime({ spares: 2 });
      await until(() => readdirSync(join(world.execRoot, 'spares')).length === 2, 'spares');
    }
    await until(() => world.leftovers().length === 0, 'the end of shims and seeds, which see the end of their connections');
  });
});

/** Children of ours that have ended, and whose end nobody has taken. */
function zombies(): number[] {
  const own = globSync('/proc/self/task/*/children').flatMap((file) => readFileSync(file, 'utf8').split(' ').filter(Boolean).map(Number));
  return own.filter((pid) => existsSync(`/proc/${pid}/stat`) && /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8')));
}

function processesBelow(directory: string): number[] {
  return globSync('/proc/[0-9]*/cmdline').filter((file) => existsSync(file) && readFileSync(file, 'utf8').includes(directory)).map((file) => Number(file.split('/')[2]));
}

suite('bad requests', () => {
  test('nonsense on the control connection is answered or dropped, never obeyed, and the shim lives on or goes', async () => {
    using image = new ShimImage(shimPath);
    for (const payload of [Buffer.alloc(0), Buffer.from('junk'), encodePlan([]), encodePlan([{ op: 'stage' }]), Buffer.concat([encodePlan([{ op: 'stage' }]), Buffer.from([1])]), encodePlan([{ op: 'hostname', name: 'early' }, { op: 'stage' }])]) {
      const directory = join(world.execRoot, 'bad');
      mkdirSync(directory);
      using connection = new ShimConnection(await spawnShim(image, directory, 'bad'), {});
      await connection.ready;
      await assert.rejects(connection.request(FrameType.create, { payload }));
      connection[Symbol.dispose]();
      await until(() => processesBelow(directory).length === 0, 'the end of the shim');
      await until(() => zombies().length === 0, 'somebody to take its end');
      rmSync(directory, { recursive: true });
    }
  });

  test('a frame longer than any plan ends the connection', async () => {
    const task = await started(['sleep', '100']);
    using connection = await connectShim(join(world.execRoot, 'tasks', task.id, 'shim.sock'));
    const frame = encodeFrame(FrameType.status);
    frame.writeUInt32LE(0xffffffff, 0);
    connection.socket.write(frame);
    await connection.closed;
    assert.equal(alive(task.pid), true);
    await task.delete(true);
  });
});
