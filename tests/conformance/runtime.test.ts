/** The plan driver on a real kernel: the port's contract, then what an OCI spec can ask for, seen from inside. Needs root. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { runtimeContract } from '../../packages/runtime/contract.ts';
import { Cgroup } from '#kernel';
import type { Attachment, Process } from '#runtime';
import type { OciNamespaceType, OciSpec } from '#spec';
import { RuntimeWorld } from '../support/bundle.ts';
import { until } from '../support/command.ts';

runtimeContract('plan', () => new RuntimeWorld());

for (const left of ['all of its cgroups', 'one of them']) test(`a container whose exec root was lost is made again: what lived on in ${left} is ended`, async () => {
  await using world = new RuntimeWorld();
  await using runtime = world.anotherRuntime({ spares: 1 });
  const options = world.options(['sleep', '1000']);
  const lost = new Cgroup(`${world.cgroupParent}/${options.id}`);
  await lost.create();
  const directories = left === 'one of them' ? [lost.directoryOf('pids') ?? lost.unified ?? ''] : lost.directories;
  for (const directory of lost.directories.filter((one) => !directories.includes(one))) rmdirSync(directory);
  const sleeper = spawn('sleep', ['1000']);
  const ended = once(sleeper, 'exit');
  for (const directory of directories) writeFileSync(join(directory, 'cgroup.procs'), `${sleeper.pid}`);
  await until('a spare with its seed', async () => readdirSync(join(world.execRoot, 'spares')).some((name) => new Cgroup(`${world.cgroupParent}/${name}`).pids().length > 0));
  const task = await runtime.create(options);
  assert.deepEqual(await ended, [null, 'SIGKILL']);
  await task.start();
  assert.deepEqual(lost.pids().includes(task.pid), true);
  await task.delete(true);
});

for (const spares of [1, 0]) {
  test(`who is to attach does so while the container is made, from ${spares ? 'a spare' : 'nothing'}: what is typed ahead and said at once comes through; one that fails lets go of it`, async () => {
    await using world = new RuntimeWorld();
    await using runtime = world.anotherRuntime({ spares });
    const stdio = { terminal: false, stdin: true, stdinOnce: true, log: undefined };
    let early: Attachment | undefined;
    const onStdio = async (process: Pick<Process, 'attach'>): Promise<void> => {
      early = await process.attach({ stdin: true, stdout: true, stderr: true });
      early.stdin?.end('typed ahead');
    };
    const task = await runtime.create(world.options(['cat'], undefined, { stdio, onStdio }));
    assert.ok(early);
    await task.start();
    assert.equal(Buffer.concat((await Array.fromAsync(early.output)).map(({ bytes }) => bytes)).toString(), 'typed ahead');
    await task.wait();
    await task.delete();
    early = undefined;
    await assert.rejects(runtime.create(world.options(['nosuch'], undefined, { stdio })));
    const attached = join(world.directory, 'attached');
    const onceAttached = async (process: Pick<Process, 'attach'>): Promise<void> => {
      await onStdio(process);
      writeFileSync(attached, '');
    };
    // A failure of the first process's own can overtake the report that names it: nobody attaches then. The host's hooks come after that report.
    const failing = (spec: OciSpec): void => {
      spec.hooks = { createRuntime: [{ path: '/bin/sh', args: ['sh', '-c', `until [ -e ${attached} ]; do sleep 0.01; done; exit 1`], timeout: 30 }] };
    };
    await assert.rejects(runtime.create(world.options(['cat'], failing, { stdio, onStdio: onceAttached })), /createRuntime|hook/);
    assert.ok(early);
    assert.deepEqual(await Array.fromAsync((early as Attachment).output), []);
    await assert.rejects(runtime.create(world.options(['true'], undefined, { onStdio: () => Promise.reject(new Error('no more')) })), { message: 'no more' });
    assert.deepEqual(world.leftovers().filter((trace) => !trace.includes('/spare-')), []);
  });
}

suite('what a spec can ask for', () => {
  let world: RuntimeWorld;
  let volume: string;
  before(() => {
    world = new RuntimeWorld();
    chmodSync(world.directory, 0o755);
    volume = join(world.directory, 'volume');
    mkdirSync(join(volume, 'sub'), { recursive: true });
    writeFileSync(join(volume, 'file'), 'hi\n');
  });
  after(() => world[Symbol.asyncDispose]());

  const linux = (spec: OciSpec) => spec.linux ?? assert.fail();
  const process = (spec: OciSpec) => spec.process ?? assert.fail();
  const make = (spec: OciSpec, type: OciNamespaceType) => linux(spec).namespaces?.push({ type });
  const bind = (destination: string, source: string, ...options: string[]) => (spec: OciSpec) => spec.mounts?.push({ destination, source, type: 'bind', options });
  const prefix = 'OCI runtime create failed: runc create failed: unable to start container process: error during container init: ';

  test('the default: Docker\'s capabilities, a filter, masked and read-only paths, three descriptors and no more', async () => {
    const { stdout } = await world.sh('grep -E "^Cap(Prm|Eff|Bnd)|^Seccomp:|^NoNewPrivs" /proc/self/status | tr "\\n" " "; hostname; ls /proc/self/fd | tr "\\n" " "; wc -c < /proc/keys; touch /proc/sys/x 2>/dev/null || echo frozen');
    const fds = /box\n([\d ]+)\n?/.exec(stdout)?.[1]?.trim();
    assert.match(stdout, /CapPrm:\s+00000000a80425fb CapEff:\s+00000000a80425fb CapBnd:\s+00000000a80425fb NoNewPrivs:\s+0 Seccomp:\s+2/);
    assert.equal(fds?.replace(/ 0$/, ''), '0 1 2 3'); // 3 is ls's own, on the directory it lists
    assert.match(stdout, /frozen/);
  });

  test('no signal is ignored or held back', async () => {
    const { stdout } = await world.run(['grep', '-E', '^Sig(Blk|Ign)', '/proc/self/status']);
    assert.equal(stdout, `SigBlk:\t${'0'.repeat(16)}\nSigIgn:\t${'0'.repeat(16)}\n`);
  });

  test('every namespace that is asked for is another than the host\'s', async () => {
    const types: OciNamespaceType[] = ['pid', 'mount', 'uts', 'ipc', 'network', 'cgroup', 'time'];
    const { stdout } = await world.sh('cd /proc/self/ns; for n in pid mnt uts ipc net cgroup time; do readlink $n; done', (spec) => {
      linux(spec).namespaces = types.map((type) => ({ type }));
    });
    for (const line of stdout.trim().split('\n')) assert.notEqual(line, execFileSync('readlink', [`/proc/self/ns/${line.split(':')[0]}`], { encoding: 'utf8' }).trim());
    assert.equal(stdout.trim().split('\n').length, types.length);
  });

  test('a namespace is joined by path', async () => {
    const first = await world.create(['sleep', '100']);
    await first.start();
    try {
      const { stdout } = await world.sh('readlink /proc/self/ns/net', (spec) => {
        linux(spec).namespaces = [{ type: 'mount' }, { type: 'pid' }, { type: 'network', path: `/proc/${first.pid}/ns/net` }];
        delete spec.hostname;
      });
      assert.equal(stdout, execFileSync('readlink', [`/proc/${first.pid}/ns/net`], { encoding: 'utf8' }));
    } finally {
      await first.delete(true);
    }
  });

  test('a user namespace: root inside, nobody outside', async () => {
    const { stdout, exit } = await world.sh('id -u; cat /proc/self/uid_map; echo x > /dev/null && echo device', (spec) => {
      make(spec, 'user');
      linux(spec).uidMappings = [{ containerID: 0, hostID: 100000, size: 65536 }];
      linux(spec).gidMappings = [{ containerID: 0, hostID: 100000, size: 65536 }];
    });
    assert.match(stdout, /^0\n\s+0\s+100000\s+65536\ndevice\n$/);
    assert.equal(exit.code, 0);
  });

  test('time offsets', async () => {
    const { stdout } = await world.sh('cut -d. -f1 /proc/uptime', (spec) => {
      make(spec, 'time');
      linux(spec).timeOffsets = { boottime: { secs: 10_000_000 } };
    });
    assert.ok(Number(stdout) > 10_000_000);
  });

  test('binds: read-only to the bottom, single files, and a source that follows its options', async () => {
    const { stdout, stderr } = await world.sh('cat /deep/file /one; echo no > /deep/file; echo x > /open/new; ls /open | tr "\\n" " "; grep -c " /plain ro,noexec" /proc/self/mountinfo', (spec) => {
      bind('/deep', volume, 'rbind', 'rro', 'rprivate')(spec);
      bind('/plain', volume, 'bind', 'ro', 'noexec')(spec);
      bind('/open', volume, 'rbind')(spec);
      bind('/one', join(volume, 'file'), 'bind')(spec);
    });
    assert.equal(stdout, 'hi\nhi\nfile new sub 1\n');
    assert.match(stderr, /Read-only file system/);
  });

  test('a mount that cannot be made is told in Docker\'s words', async () => {
    await assert.rejects(world.sh('true', bind('/x', '/nosuch', 'rbind')), { message: `${prefix}error mounting "/nosuch" to rootfs at "/x": stat /nosuch: no such file or directory: unknown` });
    await assert.rejects(world.sh('true', bind('/etc/passwd', volume, 'rbind')), /not a directory: unknown: Are you trying to mount a directory onto a file \(or vice-versa\)\?/);
    assert.deepEqual(world.leftovers(), []);
  });

  test('id-mapped binds show other owners', async () => {
    const ids = [{ containerID: 0, hostID: 5000, size: 1000 }];
    const { stdout } = await world.sh('stat -c %u:%g /v/file', (spec) => {
      spec.mounts?.push({ destination: '/v', type: 'bind', source: volume, options: ['bind', 'idmap'], uidMappings: ids, gidMappings: ids });
    });
    assert.equal(stdout, '5000:5000\n');
  });

  test('a mount made in an rshared bind shows on the host, nothing else does', async () => {
    const shared = join(world.directory, 'shared');
    mkdirSync(shared);
    execFileSync('mount', ['-t', 'tmpfs', 'naru-test', shared]);
    try {
      execFileSync('mount', ['--make-shared', shared]);
      const { exit } = await world.sh('mkdir /s/in && mount -t tmpfs inner /s/in', (spec) => {
        bind('/s', shared, 'rbind', 'rshared')(spec);
        linux(spec).rootfsPropagation = 'rshared';
        delete linux(spec).seccomp;
        for (const set of ['bounding', 'effective', 'permitted'] as const) process(spec).capabilities?.[set]?.push('CAP_SYS_ADMIN');
      });
      assert.equal(exit.code, 0);
      const seen = readFileSync('/proc/self/mountinfo', 'utf8').split('\n').filter((line) => line.includes(world.directory));
      assert.deepEqual(seen.map((line) => line.split(' ')[4]), [shared, join(shared, 'in')]);
    } finally {
      execFileSync('umount', ['-R', shared]);
    }
  });

  test('a tmpfs takes the mode of what it covers, and its content when asked', async () => {
    const { stdout } = await world.sh('cat /etc/group | head -1; stat -c %a /tmp; grep -c "^tmpfs /etc " /proc/mounts', (spec) => {
      spec.mounts?.push({ destination: '/etc', type: 'tmpfs', source: 'tmpfs', options: ['tmpcopyup'] }, { destination: '/tmp', type: 'tmpfs', source: 'tmpfs' });
    });
    assert.equal(stdout, 'root:x:0:\n1777\n1\n');
  });

  test('a read-only root', async () => {
    const { stderr, stdout } = await world.sh('touch /x; touch /dev/shm/y && echo shm', (spec) => {
      if (spec.root) spec.root.readonly = true;
    });
    assert.match(stderr, /Read-only file system/);
    assert.equal(stdout, 'shm\n');
  });

  test('limits, mask, score, scheduler, personality', async () => {
    const { stdout } = await world.sh('ulimit -n; umask; cat /proc/self/oom_score_adj; uname -m; grep ^policy /proc/self/sched | tr -d " "', (spec) => {
      Object.assign(process(spec), { rlimits: [{ type: 'RLIMIT_NOFILE', soft: 100, hard: 200 }], oomScoreAdj: 500, scheduler: { policy: 'SCHED_BATCH' }, ioPriority: { class: 'IOPRIO_CLASS_IDLE', priority: 0 } });
      process(spec).user.umask = 0o77;
      if (globalThis.process.arch === 'x64') linux(spec).personality = { domain: 'LINUX32' };
    });
    assert.match(stdout, /^100\n0077\n500\n\w+\npolicy:3\n$/);
    if (globalThis.process.arch === 'x64') assert.match(stdout, /\ni686\n/);
  });

  test('a user who is not root has no capabilities, and can write to its own stdout', async () => {
    const { stdout } = await world.sh('id; echo through > /dev/stdout; grep CapEff /proc/self/status', (spec) => (process(spec).user = { uid: 1000, gid: 1000, additionalGids: [7] }));
    assert.match(stdout, /^uid=1000\(user\) gid=1000\(user\) groups=7\S*\nthrough\nCapEff:\s+0+\n$/);
  });

  test('a working directory that is missing is made', async () => {
    assert.equal((await world.sh('pwd', (spec) => (process(spec).cwd = '/a/b/c'))).stdout, '/a/b/c\n');
  });

  test('sysctls are the container\'s own, an unknown one is refused', async () => {
    const { stdout } = await world.sh('cat /proc/sys/net/core/somaxconn', (spec) => (linux(spec).sysctl = { 'net.core.somaxconn': '77' }));
    assert.equal(stdout, '77\n');
    assert.notEqual(readFileSync('/proc/sys/net/core/somaxconn', 'utf8'), '77\n');
    await assert.rejects(world.sh('true', (spec) => (linux(spec).sysctl = { 'net.nosuch': '1' })), /write \/proc\/sys\/net\/nosuch: no such file or directory/);
  });

  test('hooks get the state; one that fails or hangs fails the create', async () => {
    const seen = join(world.directory, 'hooked.json');
    const hook = (script: string, more = {}) => (spec: OciSpec) => (spec.hooks = { createContainer: [{ path: '/bin/sh', args: ['sh', '-c', script], ...more }] });
    await world.sh('true', hook(`cat > ${seen}`));
    const state = JSON.parse(readFileSync(seen, 'utf8')) as { status: string; pid: number };
    assert.equal(state.status, 'creating');
    assert.ok(state.pid > 1);
    await assert.rejects(world.sh('true', hook('exit 1')), /error running createContainer hook #0: exit status 1/);
    await assert.rejects(world.sh('true', hook('sleep 9', { timeout: 1 })), /error running createContainer hook #0: hook ran past specified timeout/);
    assert.deepEqual(world.leftovers(), []);
  });

  test('a script without its interpreter, and junk, end with 255 and say why', async () => {
    for (const [name, text, reason] of [['script', '#!/nosuch\n', 'no such file or directory'], ['junk', 'junk', 'exec format error']] as const) {
      writeFileSync(join(world.base, 'bin', name), text, { mode: 0o755 });
      const { stderr, exit } = await world.run([name]);
      assert.deepEqual([stderr, exit.code], [`exec /bin/${name}: ${reason}\n`, 255]);
    }
  });

  test('seccomp refuses by errno, also in an exec', async () => {
    const deny = (spec: OciSpec) => (linux(spec).seccomp = { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO', errnoRet: 28 }] });
    assert.match((await world.sh('mkdir /x', deny)).stderr, /No space left on device/);
  });
});
