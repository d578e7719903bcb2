/** The known ways out of a container, one replay each; none leads out. What a name says is what fails when its guard is taken away. Needs root. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync, readdirSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { bind as bindSymbol } from '#kernel';
import type { CreateOptions, Task } from '#runtime';
import { allCapabilities, type OciSpec } from '#spec';
import { collect, RuntimeWorld, shimPath } from '../support/bundle.ts';
import { until } from '../support/command.ts';

const fcntl = bindSymbol<(fd: number, command: number, argument: number) => number>('int fcntl(int fd, int command, int argument)');
const F_SETFD = 2;
const F_GET_SEALS = 1034;
/** F_SEAL_SEAL, _SHRINK, _GROW and _WRITE. */
const allSeals = 0xf;
const all = { stdin: false, stdout: true, stderr: true };
const terminal = { terminal: true, stdin: false, stdinOnce: false, log: undefined };
let world: RuntimeWorld;
before(() => {
  world = new RuntimeWorld();
});
after(() => world[Symbol.asyncDispose]());

async function started(args: string[], more?: Partial<CreateOptions>): Promise<Task> {
  const task = await world.create(args, undefined, more);
  await task.start();
  return task;
}

const bind = (destination: string, source: string, ...options: string[]) => (spec: OciSpec) => void spec.mounts?.push({ destination, source, type: 'bind', options: ['bind', ...options] });

suite('what a container cannot reach', () => {
  test('/proc/self/exe is no file of the host that could be written (CVE-2019-5736)', async () => {
    const before = readFileSync(shimPath);
    /* As the exploit does it: held open while it runs, written through that when nobody runs it any more. */
    const replay = 'while :; do for p in /proc/[0-9]*; do case $(readlink $p/exe) in ""|*busybox) ;; *) (exec 3<$p/exe; while :; do echo pwned > /proc/self/fd/3; done) & esac; done; done 2>/dev/null';
    const task = await started(['sh', '-c', replay]);
    for (let i = 0; i < 10; i++) {
      const exec = await task.exec('x', { args: ['/proc/self/exe'], cwd: '/', env: ['PATH=/bin'], user: { uid: 0, gid: 0 } }, { terminal: false, stdin: false, stdinOnce: false, log: undefined, detached: true });
      await exec.wait();
    }
    assert.equal(sealsOf(parentOf(task.pid)), allSeals); // what it reaches, if it does, nobody can write
    await task.delete(true);
    assert.deepEqual(readFileSync(shimPath), before);
    await world.sh('true'); // the memory image is whole, too
  });

  test('who shares a pid namespace with a process on its way in reads nothing of it (CVE-2019-5736, CVE-2016-9962)', async () => {
    const waiting = await world.create(['true']);
    try {
      const joined = (spec: OciSpec): void => {
        for (const namespace of spec.linux?.namespaces ?? []) if (namespace.type === 'pid') namespace.path = `/proc/${waiting.pid}/ns/pid`;
      };
      const { stdout, stderr } = await world.sh('cat /proc/1/comm; for p in exe cwd root fd/0 fd/3 fd/4; do readlink /proc/1/$p; done; ls /proc/1/root/ && cat /proc/1/exe && echo reached', joined);
      assert.equal(stdout, 'naru-shim\n'); // it is there, and shows nothing
      assert.match(stderr, /\/proc\/1\/root\/: Permission denied/);
    } finally {
      await waiting.delete(true);
    }
  });

  test('nor does who has all the rights that it has left itself (CVE-2016-9962)', async () => {
    const path = join(world.directory, 'agent.sock');
    const agent = createServer((socket) => socket.resume()).listen(path);
    await once(agent, 'listening');
    try {
      const waiting = await world.create(['true'], ({ linux }) => {
        Object.assign(linux ?? {}, { seccomp: { defaultAction: 'SCMP_ACT_ALLOW', listenerPath: path, syscalls: [{ names: ['mkdir'], action: 'SCMP_ACT_NOTIFY' }] } }); // takes the rights of who waits away before he waits
      });
      const { stdout, stderr } = await world.sh('cat /proc/1/comm; readlink /proc/1/exe; ls /proc/1/root/ && echo reached', (spec) => {
        for (const namespace of spec.linux?.namespaces ?? []) if (namespace.type === 'pid') namespace.path = `/proc/${waiting.pid}/ns/pid`;
      });
      await waiting.delete(true);
      assert.equal(stdout, 'naru-shim\n');
      assert.match(stderr, /\/proc\/1\/root\/: Permission denied/);
    } finally {
      agent.close();
    }
  });

  test('no descriptor of the host is left open, in PID 1, in an exec, under --init (CVE-2024-21626)', async () => {
    const list = 'for f in /proc/self/fd/*; do echo "$f $(readlink $f)"; done; readlink /proc/self/cwd';
    const task = await started(['sh', '-c', `${list}; exec sleep 100`]);
    const exec = await task.exec('x', { args: ['sh', '-c', list], cwd: '/', env: ['PATH=/bin'], user: { uid: 0, gid: 0 } }, { terminal: false, stdin: false, stdinOnce: false, log: undefined });
    const inExec = (await collect(await exec.attach(all))).stdout;
    const inInit = (await world.sh(list, undefined, { init: true })).stdout;
    await until('the shell holds nothing of its own any more', async () => readFileSync(`/proc/${task.pid}/comm`, 'utf8') === 'sleep\n');
    const inFirst = readdirSync(`/proc/${task.pid}/fd`);
    await task.delete(true);
    assert.deepEqual(inFirst.filter((fd) => Number(fd) > 2), []);
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

  test('a mount destination that is a symlink stays inside (CVE-2021-30465)', async () => {
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
    await assert.rejects(world.runtime.create(options), /filesystem "proc" must be mounted on ordinary directory/);
  });

  for (const mounted of [false, true]) {
    test(`a /dev that the image has as a link out ${mounted ? 'and that is mounted on' : 'gets its devices and links inside or nowhere'} (CVE-2026-41579)`, async () => {
      const target = join(world.directory, `devices-${mounted}`);
      mkdirSync(target);
      const options = world.options(['true'], (spec) => {
        if (!mounted) spec.mounts = spec.mounts?.filter(({ destination }) => !destination.startsWith('/dev'));
      });
      const upper = options.rootfs[0]?.options.find((option) => option.startsWith('upperdir='))?.slice('upperdir='.length) ?? '';
      symlinkSync('../../../../../../../..' + target, join(upper, 'dev'));
      const task = await world.runtime.create(options).catch((error: Error) => error);
      if (!(task instanceof Error)) await task.delete(true);
      assert.deepEqual([readdirSync(target), readlinkSync(join(upper, 'dev'))], [[], '../../../../../../../..' + target]);
    });
  }

  test('a masked path cannot be unmasked through a false /dev/null (CVE-2025-31133)', async () => {
    await assert.rejects(
      world.sh('true', (spec) => {
        spec.mounts?.push({ destination: '/dev/null', type: 'bind', source: '/etc/hostname', options: ['bind'] });
      }),
      /masked path|mknod \/dev\/null/,
    );
  });

  test('cgroup release_agent is out of reach, by each wall alone (CVE-2022-0492)', async () => {
    const tries = 'mkdir /tmp/c; mount -t cgroup -o memory x /tmp/c && echo mounted; unshare -m true && echo own mounts; unshare -Ur true && echo own users; echo 1 > /sys/fs/cgroup/memory/notify_on_release && echo written';
    const { stdout, stderr } = await world.sh(tries);
    assert.equal(stdout, '');
    assert.match(stderr, /notify_on_release: Read-only file system/);
    const unfiltered = await world.sh(tries, (spec) => delete spec.linux?.seccomp);
    assert.equal(unfiltered.stdout, 'own users\n'); // in which the kernel lets nobody write a release_agent
    const capable = await world.sh(tries, ({ process: own }) => {
      if (own) own.capabilities = { bounding: [...allCapabilities], effective: [...allCapabilities], permitted: [...allCapabilities] };
    });
    assert.equal(capable.stdout, '');
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

  test('its abstract sockets are those of its own network namespace, and in the host\'s it finds none of ours (CVE-2020-15257)', async () => {
    const { stdout } = await world.sh('grep -c @ /proc/net/unix');
    assert.equal(stdout, '0\n');
    const task = await started(['sleep', '100']);
    const ours = [process.pid, parentOf(task.pid)].flatMap((pid) => readdirSync(`/proc/${pid}/fd`).map((fd) => socketOf(`/proc/${pid}/fd/${fd}`)));
    const host = (spec: OciSpec): void => {
      if (spec.linux) spec.linux.namespaces = (spec.linux.namespaces ?? []).filter(({ type }) => type !== 'network');
    };
    const seen = (await world.sh('cat /proc/net/unix', host)).stdout.split('\n').map((line) => line.trim().split(/ +/));
    await task.delete(true);
    assert.ok(seen.some(([, , , , , , inode]) => ours.includes(inode ?? '')), 'the host\'s sockets are seen at all');
    assert.deepEqual(seen.filter(([, , , , , , inode, name]) => name?.startsWith('@') && ours.includes(inode ?? '')), []);
  });

  test('a mount destination that is swapped while it is mounted on stays inside (CVE-2021-30465)', async () => {
    const [volume, outside] = [join(world.directory, 'shared'), join(world.directory, 'target')];
    for (const directory of [volume, outside]) mkdirSync(directory);
    const swapper = spawn('sh', ['-c', `cd ${volume}; while :; do ln -s ${outside} a; rm a; mkdir a; rmdir a 2>/dev/null || rm -rf a; done`], { stdio: 'ignore' });
    try {
      for (let round = 0; round < 40; round++) {
        const run = world.sh('true', (spec) => {
          bind('/v', volume)(spec);
          spec.mounts?.push({ destination: '/v/a/deep', type: 'tmpfs', source: 'tmpfs' });
        });
        await run.catch((error: Error) => assert.match(error.message, /error mounting|no such file|not a directory|file exists/));
        assert.deepEqual(readdirSync(outside), []);
      }
    } finally {
      const ended = once(swapper, 'exit');
      swapper.kill('SIGKILL');
      await ended;
    }
    assert.equal(readFileSync('/proc/self/mountinfo', 'utf8').includes(outside), false);
  });

  test('a /proc that leads into a volume is none (CVE-2023-27561)', async () => {
    const volume = join(world.directory, 'false-proc');
    mkdirSync(join(volume, 'proc/self'), { recursive: true });
    const options = world.options(['cat', '/proc/self/status'], bind('/v', volume));
    options.spec.mounts?.unshift(...(options.spec.mounts?.splice(-1) ?? [])); // the volume is there before proc is mounted
    replaceProc(options, '/v/proc');
    await assert.rejects(world.runtime.create(options), /filesystem "proc" must be mounted on ordinary directory/);
    assert.deepEqual(readdirSync(join(volume, 'proc')), ['self']);
  });

  test('nothing false is laid over /proc or into it (CVE-2019-16884, CVE-2025-52881)', async () => {
    const volume = join(world.directory, 'attr');
    mkdirSync(volume);
    const refused: [(spec: OciSpec) => unknown, RegExp][] = [
      [bind('/proc', volume), /"\/proc" cannot be mounted because it is not of type proc/],
      [(spec) => spec.mounts?.push({ destination: '/proc/', type: 'tmpfs', source: 'tmpfs' }), /not of type proc/],
      [bind('/proc/net/dev', '/etc/hostname'), /"\/proc\/net\/dev" cannot be mounted because it is inside \/proc/],
      [bind('/tmp/../proc/self/attr', volume), /"\/proc\/self\/attr" cannot be mounted because it is inside \/proc/],
      [(spec) => spec.mounts?.push({ destination: '/proc/sys/net', type: 'tmpfs', source: 'tmpfs' }), /inside \/proc/],
    ];
    for (const [change, words] of refused) await assert.rejects(world.sh('true', change), words);
    assert.equal((await world.sh('cat /proc/uptime', bind('/proc/uptime', '/etc/hostname'))).stdout, readFileSync('/etc/hostname', 'utf8'));
  });

  test('a sysctl is written to a real proc or not at all (CVE-2025-52881)', async () => {
    const link = join(world.base, 'into');
    const trap = join(world.directory, 'trap');
    mkdirSync(join(trap, 'net/core'), { recursive: true });
    writeFileSync(join(trap, 'net/core/somaxconn'), 'untouched');
    symlinkSync('/proc/sys', link); // a destination that does not look like proc's
    try {
      await world.sh('true', (spec) => {
        bind('/into', trap)(spec);
        Object.assign(spec.linux ?? {}, { sysctl: { 'net.core.somaxconn': '77' } });
      }).catch((error: Error) => assert.match(error.message, /write \/proc\/sys\/net\/core\/somaxconn|error mounting/));
      assert.equal(readFileSync(join(trap, 'net/core/somaxconn'), 'utf8'), 'untouched');
    } finally {
      rmSync(link);
    }
  });

  test('a /dev/console or /dev/pts that the image has prepared gets no terminal of the host (CVE-2025-52565)', async () => {
    const [devices, mark] = [join(world.directory, 'dev'), join(world.directory, 'mark')];
    mkdirSync(devices);
    writeFileSync(mark, 'untouched');
    const prepare = (spec: OciSpec) => {
      if (spec.process) spec.process.terminal = true;
      spec.mounts = (spec.mounts ?? []).filter(({ destination }) => !destination.startsWith('/dev'));
      bind('/dev', devices)(spec);
      if (spec.linux) spec.linux.maskedPaths = []; // masking takes a /dev/null
    };
    symlinkSync('../../../../../../../..' + mark, join(devices, 'console'));
    await assert.rejects(world.sh('true', prepare, { stdio: terminal }), /console|pts/);
    mkdirSync(join(devices, 'pts'));
    writeFileSync(join(devices, 'pts/ptmx'), ''); // no terminal at all
    await assert.rejects(world.sh('true', prepare, { stdio: terminal }), /console|pts/);
    /* In a pts of its own the host's multiplexer. */
    await assert.rejects(world.sh('true', (spec) => {
      Object.assign(spec.process ?? {}, { terminal: true });
      bind('/dev/pts/ptmx', '/dev/pts/ptmx')(spec);
    }, { stdio: terminal }), /console|pts/);
    /* A multiplexer in no pts, beside the host's. */
    for (const name of ['pts/pts', 'pts/ptmx']) rmSync(join(devices, name), { force: true, recursive: true });
    mkdirSync(join(devices, 'pts/pts'));
    execFileSync('mknod', ['-m', '666', join(devices, 'pts/ptmx'), 'c', '5', '2']);
    await assert.rejects(world.sh('tty', (spec) => {
      prepare(spec);
      bind('/dev/pts/pts', '/dev/pts')(spec);
    }, { stdio: terminal }), /console: inappropriate ioctl/);
    /* With a pts of its own but the false console: the terminal lands inside or nowhere. */
    await world.sh('echo gone > /dev/console', (spec) => {
      prepare(spec);
      spec.mounts?.push({ destination: '/dev/pts', type: 'devpts', source: 'devpts', options: ['newinstance', 'ptmxmode=0666'] });
    }, { stdio: terminal }).catch((error: Error) => assert.match(error.message, /console/));
    assert.equal(readFileSync(mark, 'utf8'), 'untouched');
    assert.equal(readFileSync('/proc/self/mountinfo', 'utf8').includes(mark), false);
  });

  test('what the daemon was given open by whoever started it reaches neither shim, container nor exec (CVE-2024-21626)', async () => {
    const secret = join(world.directory, 'secret');
    writeFileSync(secret, 'host');
    const given = openSync(secret, 'r');
    fcntl(given, F_SETFD, 0); // Node has it closed on exec, who is started by a careless program has not
    const fresh = world.anotherRuntime(); // whose spares are made now
    const task = await fresh.create(world.options(['sleep', '100']));
    try {
      await task.start();
      const exec = await task.exec('x', { args: ['sleep', '100'], cwd: '/', env: ['PATH=/bin'], user: { uid: 0, gid: 0 } }, { ...terminal, terminal: false });
      for (const pid of [task.pid, exec.pid]) assert.deepEqual(readdirSync(`/proc/${pid}/fd`).map(Number).filter((fd) => fd > 2), []);
      assert.equal(readdirSync(`/proc/${parentOf(task.pid)}/fd`).some((fd) => readlinkSync(`/proc/${parentOf(task.pid)}/fd/${fd}`) === secret), false);
    } finally {
      closeSync(given);
      await task.delete(true);
    }
  });
});

function parentOf(pid: number): number {
  return Number(/^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

/** Of the program that a process runs; -1 when it is a file. */
function sealsOf(pid: number): number {
  const fd = openSync(`/proc/${pid}/exe`, 'r');
  try {
    return fcntl(fd, F_GET_SEALS, 0);
  } finally {
    closeSync(fd);
  }
}

/** The inode of a descriptor's socket; '' when it is none, or closed by now. */
function socketOf(link: string): string {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(link))?.[1] ?? '';
  } catch {
    return '';
  }
}

/** Puts a symlink where the image has /proc. */
function replaceProc(options: CreateOptions, target: string): void {
  const upper = options.rootfs[0]?.options.find((option) => option.startsWith('upperdir='))?.slice('upperdir='.length) ?? '';
  symlinkSync(target, join(upper, 'proc'));
}
