/** What runC has from 1.2 on, beside what its users relied on before (manners.test.ts). */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { cgroupLayout } from '#kernel';
import type { OciSpec } from '#spec';
import { ok, root, run, until, type Result } from '../../support/command.ts';
import { busyboxTar } from '../../support/images.ts';

/** Prints the word that comes with each pidfd, and the process that it is. */
const receive = `
import re, socket, sys
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen()
print('listening', flush=True)
while True:
    connection, _ = listener.accept()
    word, fds, _, _ = socket.recv_fds(connection, 64, 1)
    print(word.decode(), re.search(r'Pid:\\s+(\\d+)', open(f'/proc/self/fdinfo/{fds[0]}').read())[1], flush=True)
`;

/** A service manager: prints what it is told, and closes what comes with that. */
const managing = `
import os, socket, sys
manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
manager.bind(sys.argv[1])
print('listening', flush=True)
while True:
    word, fds, _, _ = socket.recv_fds(manager, 4096, 1)
    print(word.decode().strip(), flush=True)
    for fd in fds: os.close(fd)
`;
/** What a program says to its manager, by another way than its own: there is none for it in a busybox. */
const saying = `
import socket, sys
program = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
program.sendto(b'STATUS=nearly\\nREADY=1\\n', sys.argv[1])
`;

const one = `since-${process.pid}`;

describe('naru-runtime as runC since 1.2', () => {
  let bundle: string;
  let plain: OciSpec;
  const words = (more: readonly string[]): string[] => ['--root', join(bundle, 'state'), ...more];
  const program = join(root, 'bin/naru-runtime');
  const runtime = (...more: string[]): Promise<Result> => run(program, words(more), { cwd: bundle, timeout: 240_000 });
  /** For what stays: it holds its stdio, which is a file here. */
  const detached = (...more: string[]): Promise<Result> => run('sh', ['-c', '"$@" </dev/null >out 2>&1; code=$?; cat out; exit $code', 'sh', program, ...words(more)], { cwd: bundle, timeout: 240_000 });
  const configure = (args: readonly string[], change: (spec: OciSpec) => void = () => undefined): Promise<void> => {
    const spec = structuredClone(plain);
    Object.assign(spec.process ?? {}, { terminal: false, args });
    Object.assign(spec.linux ?? {}, { cgroupsPath: `/${one}` });
    change(spec);
    return writeFile(join(bundle, 'config.json'), JSON.stringify(spec));
  };
  const pidOf = async (id: string): Promise<number> => (JSON.parse((await runtime('state', id)).stdout) as { pid: number }).pid;
  const capabilities = (spec: OciSpec, more: object) => void Object.assign(spec.process?.capabilities ?? {}, more);

  before(async () => {
    bundle = await mkdtemp(join(tmpdir(), 'naru-bundle-'));
    await chmod(bundle, 0o755); // for who is root of a user namespace
    await mkdir(join(bundle, 'rootfs'));
    await ok('tar', ['-C', join(bundle, 'rootfs'), '-xf', await busyboxTar()]);
    for (const name of ['masked', 'also', 'own']) await mkdir(join(bundle, 'rootfs', name));
    await chmod(join(bundle, 'rootfs/own'), 0o710);
    await ok(program, ['spec'], { cwd: bundle });
    plain = JSON.parse(await readFile(join(bundle, 'config.json'), 'utf8')) as OciSpec;
  });
  after(async () => {
    for (const id of await readdir(join(bundle, 'state')).catch(() => [])) await runtime('delete', '--force', id);
    await rm(bundle, { recursive: true });
  });

  afterEach(() => runtime('delete', '--force', one));

  test('a cgroup that others are in is refused; who enters it later is not ended with the container, whose delete waits for him to leave', async () => {
    await configure(['sleep', '1000']);
    assert.deepEqual(await detached('run', '--detach', one), { code: 0, stdout: '', stderr: '' });
    assert.match((await runtime('run', 'two')).stderr, /container's cgroup is not empty: 1 process\(es\) found/);
    assert.deepEqual(await readdir(join(bundle, 'state')), [one]);
    const stranger = await strangerIn(one);
    try {
      const refused = await runtime('delete', '--force', one);
      assert.match(refused.stderr, /unable to remove container's cgroup: .*busy/);
      assert.deepEqual([refused.code, stranger.exitCode, stranger.signalCode], [1, null, null]);
    } finally {
      stranger.kill('SIGKILL');
      await once(stranger, 'exit');
    }
    assert.deepEqual(await runtime('delete', one), { code: 0, stdout: '', stderr: '' });
  });

  test('without a pid namespace of its own SIGKILL is for all its processes, also once the first has gone', async () => {
    await configure(['sh', '-c', 'sleep 1000 & exec sleep 1001'], (spec) => void Object.assign(spec.linux ?? {}, { namespaces: spec.linux?.namespaces?.filter(({ type }) => type !== 'pid') }));
    const left = async (): Promise<boolean> => (await Promise.all((await membersOf(one)).map(stateOf))).some((state) => state !== undefined && state !== 'Z');
    for (const ends of [['kill', one, 'KILL'], ['delete', '--force', one], ['delete', one]]) {
      assert.deepEqual(await detached('run', '--detach', one), { code: 0, stdout: '', stderr: '' });
      const first = await pidOf(one);
      await until('there are two', async () => (await membersOf(one)).length === 2);
      if (ends[1] === one) process.kill(first, 'SIGKILL');
      await until('the first has ended', async () => ends[1] !== one || [undefined, 'Z'].includes(await stateOf(first)));
      assert.deepEqual(await runtime(...ends), { code: 0, stdout: '', stderr: '' }, ends.join(' '));
      await until('all have ended', async () => !(await left()));
      await runtime('delete', '--force', one);
    }
  });

  test('--pidfd-socket has a descriptor of the first process, and of an exec', async () => {
    const path = join(bundle, 'pidfd.sock');
    await configure(['sleep', '1000']);
    assert.match((await runtime('create', '--pidfd-socket', path, one)).stderr, /failed to dial \S+pidfd\.sock: .*no such file/);
    assert.deepEqual(await readdir(join(bundle, 'state')), []);
    const receiver = spawn('python3', ['-c', receive, path], { stdio: ['ignore', 'pipe', 'inherit'] });
    let heard = '';
    receiver.stdout.on('data', (chunk: Buffer) => (heard += chunk.toString()));
    try {
      await until('somebody listens', async () => heard === 'listening\n');
      assert.deepEqual(await detached('run', '--detach', '--pidfd-socket', path, one), { code: 0, stdout: '', stderr: '' });
      const first = await pidOf(one);
      await until('the first has come', async () => heard.endsWith(`\nstandard ${first}\n`));
      assert.deepEqual(await detached('exec', '--detach', '--pidfd-socket', path, '--pid-file', 'exec.pid', one, 'sleep', '1000'), { code: 0, stdout: '', stderr: '' });
      const second = await readFile(join(bundle, 'exec.pid'), 'utf8');
      await until('the second has come', async () => heard.endsWith(`\nsetns ${second}\n`));
    } finally {
      receiver.kill();
    }
  });

  for (const way of ['foreground', 'detached', 'started'] as const) {
    test(`a service manager hears that the program is ready, and which process to watch: ${way}`, async () => {
      const socket = join(bundle, `manager-${way}.sock`);
      await mkdir(join(bundle, 'rootfs/said'), { recursive: true });
      await configure(['sh', '-c', 'grep " /run/notify " /proc/self/mountinfo | cut -d" " -f6; echo $NOTIFY_SOCKET; until [ -e /said/it ]; do sleep 0.05; done'], (spec) => void spec.mounts?.push({ destination: '/run', type: 'tmpfs', source: 'tmpfs' }, { destination: '/said', source: join(bundle, 'rootfs/said'), options: ['bind'] }));
      const manager = spawn('python3', ['-c', managing, socket], { stdio: ['ignore', 'pipe', 'inherit'] });
      let heard = '';
      manager.stdout.on('data', (chunk: Buffer) => (heard += chunk.toString()));
      try {
        await until('somebody listens', async () => heard === 'listening\n');
        const told = (...more: string[]) => run('sh', ['-c', 'NOTIFY_SOCKET=$1; export NOTIFY_SOCKET; shift; "$@" </dev/null >out 2>&1; code=$?; cat out; exit $code', 'sh', socket, program, ...words(more)], { cwd: bundle, timeout: 240_000 });
        if (way === 'started') assert.deepEqual(await told('create', one), { code: 0, stdout: '', stderr: '' });
        const inside = join(bundle, 'state', one, 'notify/notify.sock');
        if (way === 'started') await writeFile(inside, ''); // a start was killed
        const begun = told(...(way === 'started' ? ['start'] : way === 'detached' ? ['run', '--detach'] : ['run']), one);
        await until('the program has begun', async () => (await readFile(join(bundle, 'out'), 'utf8')).endsWith('notify.sock\n') || way === 'started');
        await until('it can be told', async () => (await run('python3', ['-c', saying, inside])).code === 0);
        await until('the manager has all', async () => heard.split('\n').length > 4);
        if (way !== 'foreground') assert.equal((await begun).code, 0);
        const pid = way === 'foreground' ? Number(/MAINPID=(\d+)/.exec(heard)?.[1]) : await pidOf(one);
        assert.equal(heard, `listening\nREADY=1\nMAINPID=${pid}\nBARRIER=1\n`);
        if (way === 'foreground') assert.match(await readFile(`/proc/${pid}/cmdline`, 'utf8'), /naru-runtime/);
        await writeFile(join(bundle, 'rootfs/said/it'), '');
        await until('it has ended', async () => (await runtime('state', one)).stdout.includes('"stopped"') || way === 'foreground');
        if (way === 'foreground') assert.deepEqual(await begun, { code: 0, stdout: 'ro,nosuid,nodev,noexec,relatime\n/run/notify/notify.sock\n', stderr: '' });
      } finally {
        manager.kill();
        await rm(join(bundle, 'rootfs/said'), { recursive: true });
      }
    });
  }

  test('a service manager waits no longer than there is a program that could be ready', async () => {
    const socket = join(bundle, 'silent.sock');
    const manager = spawn('python3', ['-c', managing, socket], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      await once(manager.stdout, 'data');
      await configure(['true']);
      for (const more of [['run'], ['run', '--detach']]) {
        const result = await run('env', [`NOTIFY_SOCKET=${socket}`, program, ...words([...more, one])], { cwd: bundle, timeout: 240_000 });
        assert.deepEqual(result, { code: 0, stdout: '', stderr: '' });
        await runtime('delete', '--force', one);
      }
    } finally {
      manager.kill();
    }
  });

  test('who waits for a program to be ready ends with the run that cannot be, and says nothing more', async () => {
    const socket = join(bundle, 'unheard.sock');
    const manager = spawn('python3', ['-c', managing, socket], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      await once(manager.stdout, 'data');
      await configure(['sleep', '1000'], (spec) => void (spec.hooks = { poststart: [{ path: '/bin/false' }], poststop: [{ path: '/bin/sleep', args: ['sleep', '0.5'] }] }));
      const { code, stderr } = await run('env', [`NOTIFY_SOCKET=${socket}`, program, ...words(['run', one])], { cwd: bundle, timeout: 240_000 });
      assert.deepEqual([code, stderr.trim().split('\n').length], [1, 1], stderr);
    } finally {
      manager.kill();
    }
  });

  test('who waits to be started holds nothing of the host but its own root and its way to be told', async () => {
    await configure(['true']);
    assert.deepEqual(await detached('create', one), { code: 0, stdout: '', stderr: '' });
    const fds = `/proc/${await pidOf(one)}/fd`;
    const held = await Promise.all((await readdir(fds)).filter((fd) => Number(fd) > 2).map((fd) => readlink(join(fds, fd))));
    assert.deepEqual(held.filter((target) => !/^(?:socket:\[\d+\]|\/|.*\/exec\.fifo)$/.test(target)), []);
  });

  test('all CPUs of the cgroup, whatever the runtime was kept to', async () => {
    const kept = (...more: string[]) => run('sh', ['-c', `taskset -c 0 "$@" </dev/null >out 2>&1; cat out`, 'sh', program, ...words(more)], { cwd: bundle, timeout: 240_000 });
    const all = /Cpus_allowed_list:\t(\S+)/.exec(await ok('taskset', ['-c', '0-8191', 'cat', '/proc/self/status']))?.[1]; // whatever we are kept to
    await configure(['grep', 'Cpus_allowed_list', '/proc/self/status']);
    assert.equal((await kept('run', one)).stdout, `Cpus_allowed_list:\t${all}\n`);
    await configure(['sleep', '1000']);
    assert.equal((await kept('run', '--detach', one)).stdout, '');
    assert.equal((await kept('exec', one, 'grep', 'Cpus_allowed_list', '/proc/self/status')).stdout, `Cpus_allowed_list:\t${all}\n`);
  });

  test('an exec has the personality; --cap is ambient too where something is inheritable', async () => {
    await configure(['sleep', '1000'], (spec) => {
      Object.assign(spec.linux ?? {}, { personality: { domain: 'LINUX32' } });
      capabilities(spec, { inheritable: ['CAP_SYSLOG'], ambient: [], bounding: [...(spec.process?.capabilities?.bounding ?? []), 'CAP_SYSLOG'] });
    });
    assert.deepEqual(await detached('run', '--detach', one), { code: 0, stdout: '', stderr: '' });
    const machine = await runtime('exec', one, 'uname', '-m');
    assert.match(machine.stdout + machine.stderr, /^(?:i686|armv8l)\n$/);
    assert.match((await runtime('exec', '--cap', 'CAP_SYSLOG', one, 'grep', 'CapAmb', '/proc/self/status')).stdout, /0000000400000000\n$/);
  });

  test('an ambient capability that cannot be is told, and those that can are given', async () => {
    await configure(['grep', 'CapAmb', '/proc/self/status'], (spec) => capabilities(spec, { inheritable: ['CAP_KILL'], ambient: ['CAP_KILL', 'CAP_CHOWN'] }));
    const { code, stdout, stderr } = await runtime('run', one);
    assert.deepEqual([code, stdout], [0, 'CapAmb:\t0000000000000020\n']);
    assert.match(stderr, /level=warning msg="can't raise ambient capability CAP_CHOWN: operation not permitted"/);
  });

  test('masked directories share one empty file system; a tmpfs tells the mode that it took; a destination may be named as the host names it', async () => {
    await configure(['sh', '-c', 'stat -c %d /masked /also; grep " /own " /proc/mounts; ls /named; touch /also/x'], (spec) => {
      spec.linux?.maskedPaths?.push('/masked', '/also');
      spec.mounts?.push({ destination: '/own', type: 'tmpfs', source: 'tmpfs' }, { destination: join(bundle, 'rootfs/named'), source: bundle, options: ['bind'] });
    });
    const { stdout, stderr } = await runtime('run', one);
    assert.match(stdout, /^(\d+)\n\1\ntmpfs \/own tmpfs \S*mode=710\S* 0 0\nconfig\.json\n/);
    assert.match(stderr, /\/also\/x: Read-only file system/);
  });

  const mapped = [{ containerID: 0, hostID: 100_000, size: 65_536 }];
  for (const { name, user = false, ids } of [{ name: 'as they are' }, { name: 'with ids mapped', ids: mapped }, { name: 'in a user namespace', user: true }, { name: 'with ids mapped in a user namespace', user: true, ids: mapped }]) {
    test(`a mount whose source lies in the container's root has what earlier mounts have put there, ${name}`, async () => {
      const inRoot = (path: string) => join(bundle, 'rootfs/order', path);
      for (const part of ['a/x', 'b/y', 'c/z']) {
        await mkdir(join(bundle, 'sources', part), { recursive: true });
        await writeFile(join(bundle, 'sources', part, 'file'), `${part}\n`);
      }
      await chmod(join(bundle, 'sources'), 0o700); // none of a user namespace's way
      const bind = (source: string, destination: string, more = {}) => ({ source, destination, type: 'bind', options: ['bind', 'rprivate'], ...more });
      const deep = { options: ['rbind', 'rprivate'], ...(ids && { uidMappings: ids, gidMappings: ids }) };
      await configure(['cat', '/order/final/x/y/z/z/x/y/z/x/file'], (spec) => {
        if (user) spec.linux?.namespaces?.push({ type: 'user' });
        if (user) Object.assign(spec.linux ?? {}, { uidMappings: mapped, gidMappings: mapped });
        const sources = ['a', 'b', 'c', 'a'].map((name, depth) => bind(join(bundle, 'sources', name), `/order/mnt${['', '/x', '/x/y', '/x/y/z'][depth]}`));
        spec.mounts?.push(...sources, bind(inRoot('mnt/x'), inRoot('mnt/x/y/z/x'), deep), bind(inRoot('mnt/x/y'), inRoot('mnt/x/y/z'), deep), bind(inRoot('mnt'), inRoot('final'), deep));
      });
      await ok('chown', ['-R', user ? '100000:100000' : '0:0', join(bundle, 'rootfs')]);
      const { code, stdout, stderr } = await runtime('run', one);
      await ok('chown', ['-R', '0:0', join(bundle, 'rootfs')]);
      assert.deepEqual([code, stdout, stderr], [0, 'a/x\n', '']);
    });
  }

  test('a joined user namespace is entered after the others, which may be the host\'s; ids are mapped as it has them', async () => {
    const ids = [{ containerID: 0, hostID: 100_000, size: 65_536 }];
    await ok('chown', ['-R', '100000:100000', join(bundle, 'rootfs')]);
    await writeFile(join(bundle, 'seen'), '');
    await configure(['sleep', '1000'], (spec) => {
      spec.linux?.namespaces?.push({ type: 'user' }, { type: 'time' });
      Object.assign(spec.linux ?? {}, { uidMappings: ids, gidMappings: ids });
    });
    assert.deepEqual(await detached('run', '--detach', one), { code: 0, stdout: '', stderr: '' });
    const names: Record<string, string> = { network: 'net', mount: 'mnt' };
    const pid = await pidOf(one);
    await configure(['stat', '-c', '%u', '/seen'], (spec) => {
      const types = ['user', 'time', 'network', 'uts', 'ipc'] as const;
      Object.assign(spec.linux ?? {}, { cgroupsPath: `/${one}-2`, namespaces: [...types.map((type) => ({ type, path: `/proc/${type === 'network' ? 'self' : pid}/ns/${names[type] ?? type}` })), { type: 'mount' }, { type: 'pid' }] });
      delete spec.hostname;
      spec.mounts = [{ destination: '/seen', source: join(bundle, 'seen'), options: ['bind', 'idmap'] }];
    });
    const { code, stdout, stderr } = await runtime('run', 'two');
    await ok('chown', ['-R', '0:0', join(bundle, 'rootfs')]);
    assert.deepEqual([code, stdout, stderr], [0, '0\n', '']);
  });
});

const directories = (name: string): string[] => {
  const { v1, v2 } = cgroupLayout();
  return [...v1, ...(v2 ? [v2] : [])].map(({ mountPoint }) => join(mountPoint, name));
};

/** A process that is none of the container's, in its cgroup. */
async function strangerIn(name: string): Promise<ChildProcess> {
  const stranger = spawn('sleep', ['1000'], { stdio: 'ignore' });
  for (const directory of directories(name)) await writeFile(join(directory, 'cgroup.procs'), String(stranger.pid));
  return stranger;
}

const membersOf = async (name: string): Promise<number[]> => {
  const text = await readFile(join(directories(name)[0] ?? '', 'cgroup.procs'), 'utf8').catch(() => '');
  return text.split('\n').filter(Boolean).map(Number);
};

/** R, S, Z, …; undefined when there is no such process. */
const stateOf = async (pid: number): Promise<string | undefined> => /\) (\S)/.exec(await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => ''))?.[1];
