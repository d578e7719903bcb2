/** What callers of an OCI runtime rely on beside the life cycle: descriptors, console sockets, hooks, limits, events, checkpoints. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { OciSpec } from '#spec';
import { ok, root, run, until, type Result, type RunOptions } from '../../support/command.ts';
import { busyboxTar } from '../../support/images.ts';

/** Takes terminals from a socket, keeps them, and prints the first line that comes out of each. */
const receive = `
import os, socket, sys
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen()
print('listening', flush=True)
kept = []
while True:
    connection, _ = listener.accept()
    name, fds, _, _ = socket.recv_fds(connection, 64, 1)
    kept.append(fds[0])
    print(name.decode(), os.read(fds[0], 100), flush=True)
`;

/** Listens with room for one, which it fills itself; takes the terminal that comes once it is told to. */
const receiveLate = `
import socket, sys
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen(0)
mine = socket.socket(socket.AF_UNIX)
mine.connect(sys.argv[1])
print('full', flush=True)
sys.stdin.readline()
listener.accept()
connection, _ = listener.accept()
print(socket.recv_fds(connection, 64, 1)[0].decode(), flush=True)
sys.stdin.read()
`;

/** Its cgroup is the machine's: no other test file's container has this name. */
const one = `one-${process.pid}`;

describe('naru-runtime for its callers', () => {
  let bundle: string;
  let plain: OciSpec;
  const program = join(root, 'bin/naru-runtime');
  const words = (...more: string[]): string[] => ['--root', join(bundle, 'state'), ...more];
  const runtime = (more: readonly string[], options: RunOptions = {}): Promise<Result> => run(program, words(...more), { cwd: bundle, timeout: 240_000, ...options });
  /** For what stays: it holds its stdio, which is a file here. */
  const shell = (script: string): Promise<Result> => run('sh', ['-c', `${script} </dev/null >out 2>&1; code=$?; cat out; exit $code`], { cwd: bundle, timeout: 240_000, env: { R: `${program} --root ${join(bundle, 'state')}` } });
  const configure = (args: readonly string[], change: (spec: OciSpec) => void = () => undefined): Promise<void> => {
    const spec = structuredClone(plain);
    Object.assign(spec.process ?? {}, { terminal: false, args });
    change(spec);
    return writeFile(join(bundle, 'config.json'), JSON.stringify(spec));
  };

  before(async () => {
    bundle = await mkdtemp(join(tmpdir(), 'naru-bundle-'));
    await mkdir(join(bundle, 'rootfs'));
    await ok('tar', ['-C', join(bundle, 'rootfs'), '-xf', await busyboxTar()]);
    await ok(program, ['spec'], { cwd: bundle });
    plain = JSON.parse(await readFile(join(bundle, 'config.json'), 'utf8')) as OciSpec;
  });
  after(async () => {
    for (const id of await readdir(join(bundle, 'state')).catch(() => [])) await runtime(['delete', '--force', id]);
    await rm(bundle, { recursive: true });
  });

  test('no descriptor but 0 to 2 reaches the program, unless it is told so', async () => {
    const fds = async (script: string): Promise<string> => (await shell(script)).stdout.trim();
    await configure(['sh', '-c', 'for f in /proc/self/fd/*; do echo ${f##*/}; done | sort -n | tr "\\n" " "; { cat <&3; } 2>/dev/null; echo $LISTEN_FDS $LISTEN_PID']);
    const open = 'exec 3<config.json 4<config.json 5<config.json;';
    assert.match(await fds(`${open} $R run ${one}`), /^0 1 2 ?3?$/); // the shell's own, on the directory
    assert.match(await fds(`${open} $R run --preserve-fds 2 ${one}`), /^0 1 2 3 4 (5 )?\{.*"ociVersion"/);
    assert.match((await shell(`$R run --preserve-fds 9 ${one}`)).stdout, /unable to stat preserved-fd/);
    assert.match(await fds(`${open} sh -c 'LISTEN_FDS=1 LISTEN_PID=$$ exec $R run ${one}'`), /\}1 1$/);
  });

  test('a working directory of the host is refused, also where a descriptor leads there (CVE-2024-21626)', async () => {
    await configure(['sh', '-c', 'pwd; ls ..'], (spec) => void Object.assign(spec.process ?? {}, { cwd: '/proc/self/fd/3' }));
    const { code, stdout } = await shell(`exec 3</etc; $R run --preserve-fds 1 ${one}`);
    assert.match(stdout, /^(?!.*apt).*unable to start container process: .*(?:directory: too many|chdir to cwd|cwd)/s);
    assert.notEqual(code, 0);
    await configure(['sleep', '1000']);
    assert.equal((await shell(`$R run --detach ${one} > /dev/null 2>&1`)).code, 0);
    const exec = await shell(`exec 3</etc; $R exec --preserve-fds 1 --cwd /proc/self/fd/3 ${one} ls`);
    assert.match(exec.stdout, /^(?!.*apt).*chdir to cwd/s);
    assert.notEqual(exec.code, 0);
    await runtime(['delete', '--force', one]);
  });

  test('a sysctl is not written through what is mounted over the host\'s /proc/sys (CVE-2025-52881)', async () => {
    await configure(['true'], (spec) => void Object.assign(spec.linux ?? {}, { sysctl: { 'kernel.domainname': 'own' } }));
    const trap = join(bundle, 'trap');
    await writeFile(trap, 'untouched');
    const { code, stdout } = await shell(`unshare --mount sh -c 'mount --bind ${trap} /proc/sys/kernel/domainname && exec $0 "$@"' $R run ${one}`);
    assert.match(stdout, /kernel\/domainname: invalid cross-device link/);
    assert.notEqual(code, 0);
    assert.equal(await readFile(trap, 'utf8'), 'untouched');
  });

  test('a console socket gets the terminal, of create and of exec', async () => {
    const path = join(bundle, 'console.sock');
    await configure(['sleep', '1000'], (spec) => void Object.assign(spec.process ?? {}, { terminal: true, args: ['sh', '-c', 'tty; sleep 1000'] }));
    assert.match((await runtime(['create', one])).stderr, /cannot allocate tty if runc will detach without setting console socket/);
    assert.match((await runtime(['create', '--console-socket', path, one])).stderr, /runc create failed: dial unix \S+: connect: no such file or directory/);
    const receiver = spawn('python3', ['-c', receive, path], { stdio: ['ignore', 'pipe', 'inherit'] });
    let heard = '';
    receiver.stdout.on('data', (chunk: Buffer) => (heard += chunk.toString()));
    try {
      await until('somebody listens', async () => heard === 'listening\n');
      assert.deepEqual(await shell(`$R create --console-socket ${path} ${one} && $R start ${one}`), { code: 0, stdout: '', stderr: '' });
      await until('the first has come', async () => heard.endsWith("/dev/ptmx b'/dev/pts/0\\r\\n'\n"));
      assert.deepEqual(await shell(`$R exec --tty --detach --console-socket ${path} ${one} tty`), { code: 0, stdout: '', stderr: '' });
      await until('the second has come', async () => heard.endsWith("/dev/ptmx b'/dev/pts/1\\r\\n'\n"));
    } finally {
      receiver.kill();
      await runtime(['delete', '--force', one]);
    }
  });

  test('a console socket whose queue is full is tried again until there is room', async () => {
    const path = join(bundle, 'busy.sock');
    await configure(['sleep', '1000'], (spec) => void Object.assign(spec.process ?? {}, { terminal: true }));
    const receiver = spawn('python3', ['-c', receiveLate, path], { stdio: ['pipe', 'pipe', 'inherit'] });
    let heard = '';
    receiver.stdout.on('data', (chunk: Buffer) => (heard += chunk.toString()));
    try {
      await until('the queue is full', async () => heard === 'full\n');
      const created = shell(`$R create --console-socket ${path} ${one}`);
      await until('it is being made', async () => existsSync(join(bundle, 'state', one, 'state.json')));
      receiver.stdin.end('go on\n');
      assert.deepEqual(await created, { code: 0, stdout: '', stderr: '' });
      await until('it has come', async () => heard.endsWith('/dev/ptmx\n'));
    } finally {
      receiver.kill();
      await runtime(['delete', '--force', one]);
    }
  });

  test('what a terminal said last is told whole though its input goes on', async () => {
    await configure(['sh', '-c', 'head -c 40000 /dev/zero | tr "\\0" x; echo; echo last'], (spec) => void Object.assign(spec.process ?? {}, { terminal: true }));
    const { code, stdout } = await runtime(['run', one], { input: 'typed\n'.repeat(1000) });
    assert.equal(code, 0);
    assert.equal(stdout.replaceAll(/[^x]/g, '').length, 40_000);
    assert.match(stdout, /last\n/);
  });

  test('a container whose spec names no cgroup leaves none', async () => {
    await configure(['cat', '/proc/self/cgroup'], (spec) => void Object.assign(spec.linux ?? {}, { namespaces: spec.linux?.namespaces?.filter(({ type }) => type !== 'cgroup') }));
    const { stdout } = await runtime(['run', one]);
    assert.match(stdout, new RegExp(`:/${one}$`, 'm'));
    const left = readFileSync('/proc/self/mountinfo', 'utf8').split('\n').filter((line) => / - cgroup2? /.test(line)).map((line) => line.split(' ')[4] ?? '');
    assert.deepEqual(left.flatMap((mount) => readdirSync(mount)).filter((name) => name === one), []);
  });

  test('--no-pivot, --no-new-keyring', async () => {
    await configure(['sh', '-c', 'ls / | grep -c etc; cut -c1-8 /proc/keys | wc -l']);
    assert.match((await runtime(['run', '--no-pivot', '--no-new-keyring', one])).stdout, /^1\n/);
  });

  test('hooks at all points, and one that fails', async () => {
    const hook = (name: string) => [{ path: '/bin/sh', args: ['sh', '-c', `echo ${name} >> ${join(bundle, 'hooks')}`] }];
    await configure(['true'], (spec) => void (spec.hooks = { prestart: hook('prestart'), createRuntime: hook('createRuntime'), createContainer: hook('createContainer'), poststart: hook('poststart'), poststop: hook('poststop') }));
    assert.equal((await runtime(['run', one])).code, 0);
    assert.equal(await readFile(join(bundle, 'hooks'), 'utf8'), 'prestart\ncreateRuntime\ncreateContainer\npoststart\npoststop\n');
    await configure(['true'], (spec) => void (spec.hooks = { createRuntime: [{ path: '/bin/false' }] }));
    assert.match((await runtime(['run', one])).stderr, /runc run failed: error running createRuntime hook #0: exit status 1/);
    assert.deepEqual(await readdir(join(bundle, 'state')), []);
  });

  test('update by flags, by a file and by stdin; events tell the counters', async () => {
    await configure(['sleep', '1000']);
    await shell(`$R run --detach ${one}`);
    assert.equal((await runtime(['update', '--memory', '64m', '--pids-limit', '33', '--cpu-share', '512', one])).code, 0);
    await writeFile(join(bundle, 'limits.json'), '{"cpu":{"quota":50000,"period":100000}}');
    assert.equal((await runtime(['update', '--resources', 'limits.json', one])).code, 0);
    assert.equal((await runtime(['update', '-r', '-', one], { input: '{"pids":{"limit":44}}' })).code, 0);
    for (const burst of [50_000, 1_000]) assert.deepEqual(await runtime(['update', '--cpu-quota', String(burst), '--cpu-burst', String(burst), one]), { code: 0, stdout: '', stderr: '' }, String(burst));
    const { type, id, data } = JSON.parse((await runtime(['events', '--stats', one])).stdout) as { type: string; id: string; data: { pids: { limit: number; current: number }; memory: { usage: { limit: number } } } };
    assert.deepEqual([type, id, data.pids, data.memory.usage.limit], ['stats', one, { current: 1, limit: 44 }, 64 << 20]);
    const events = spawn(program, words('events', '--interval', '100ms', one), { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(events, 'close');
    let told = '';
    events.stdout.on('data', (chunk: Buffer) => (told += chunk.toString()));
    await until('it tells twice', async () => told.split('\n').length > 2);
    assert.equal((await runtime(['kill', one, '9'])).code, 0);
    assert.deepEqual(await ended, [0, null], 'it follows until the container ends');
    assert.equal((await runtime(['delete', one])).code, 0);
  });

  test('checkpoint and restore: CRIU is told of the container, its processes are held like any other', async () => {
    assert.match((await runtime(['--criu', 'no-such-criu', 'restore', one])).stderr, /CRIU is needed for this, and there is no \\"no-such-criu\\" in \$PATH/);
    const criu = join(bundle, 'criu');
    await writeFile(criu, fakeCriu(join(bundle, 'criu.log')));
    await chmod(criu, 0o755);
    await configure(['sleep', '1000'], (spec) => void spec.mounts?.push({ destination: '/mine', type: 'bind', source: bundle, options: ['bind'] }));
    assert.equal((await shell(`NOTIFY_SOCKET=/nosuch.sock $R create ${one}`)).code, 0);
    assert.equal((await runtime(['start', one])).code, 0); // nobody waits for it any more
    const images = join(bundle, 'images');
    assert.equal((await runtime(['--criu', criu, 'checkpoint', '--image-path', images, '--tcp-established', '--leave-running', one])).code, 0);
    assert.equal((await runtime(['state', one])).code, 0);
    assert.equal((await runtime(['--criu', criu, 'checkpoint', '--image-path', images, one])).code, 0);
    assert.match((await runtime(['state', one])).stderr, /container does not exist/);
    assert.equal((await shell(`NOTIFY_SOCKET=/nosuch.sock $R --criu ${criu} restore --image-path ${images} --detach --pid-file pid ${one}`)).code, 0);
    const { status, pid } = JSON.parse((await runtime(['state', one])).stdout) as { status: string; pid: number };
    assert.deepEqual([status, pid], ['running', Number(await readFile(join(bundle, 'pid'), 'utf8'))]);
    process.kill(pid, 'SIGKILL');
    await until('it has stopped', async () => (await runtime(['state', one])).stdout.includes('"stopped"'));
    assert.equal((await runtime(['delete', one])).code, 0);
    const [first = '', , last = ''] = (await readFile(join(bundle, 'criu.log'), 'utf8')).split('\n');
    assert.match(first, /^3 .*dump\.log.*mnt\[\/mine\]:\/mine.*mnt\[\/run\/notify\]:\/run\/notify/);
    assert.match(last, new RegExp(`^20 .*restore\\.log.*/${one}.*mnt\\[/mine\\]:${bundle}.*mnt\\[/run/notify\\]:${bundle}/state/${one}/notify`));
  });
});

/** CRIU's service as far as anybody asks for it here: notes what it hears, and restores a sleep. */
function fakeCriu(log: string): string {
  return `#!/usr/bin/python3
import socket, subprocess, sys
service = socket.socket(fileno=int(sys.argv[2]))
asked = service.recv(65536)
open(${JSON.stringify(log)}, 'a').write(sys.argv[2] + ' ' + ''.join(chr(byte) if 32 <= byte < 127 else '.' for byte in asked) + '\\n')
def field(number, value): return bytes([number << 3 | 2, len(value)]) + value
def count(number, value):
    text = bytes([number << 3])
    while value > 127: text, value = text + bytes([value & 127 | 128]), value >> 7
    return text + bytes([value])
if asked[1] == 2:
    pid = subprocess.Popen(['sleep', '1000'], start_new_session=True).pid
    service.send(count(1, 6) + count(2, 1) + field(5, field(1, b'post-restore') + count(2, pid)))
    service.recv(65536)
    service.send(count(1, 2) + count(2, 1) + field(4, count(1, pid)))
else: service.send(count(1, asked[1]) + count(2, 1))
`;
}
