/** naru-runtime under Debian's containerd: its shim calls it in runC's place (BinaryName), and reaps what it makes. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Cgroup } from '#kernel';
import { ok, root, run, until, type Result } from '../../support/command.ts';
import { busyboxTar } from '../../support/images.ts';
import { Terminal } from '../../support/terminal.ts';

const config = (home: string): string => `version = 2
root = "${home}/root"
state = "${home}/state"
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.aufs"]
[grpc]
  address = "${home}/c.sock"
[ttrpc]
  address = "${home}/c.sock.ttrpc"
`;

describe('containerd', () => {
  const namespace = `naru-test-${process.pid}`;
  let home: string;
  let daemon: ChildProcess;
  const ctrWords = (...words: string[]): string[] => ['--signal', 'KILL', '200', 'ctr', '--address', join(home, 'c.sock'), '--namespace', namespace, ...words];
  const ctr = (...words: string[]): Promise<Result> => run('timeout', ctrWords(...words));
  /** Options of a run, the root file system, the id and the command. */
  const runWords = (options: readonly string[], id: string, ...command: string[]): string[] => ['run', '--runc-binary', join(root, 'bin/naru-runtime'), '--env', 'PATH=/bin', ...options, '--rootfs', join(home, 'rootfs'), id, ...command];
  const statusOf = async (id: string): Promise<string | undefined> => new RegExp(`^${id}\\s+\\d+\\s+(\\w+)`, 'm').exec((await ctr('task', 'ls')).stdout)?.[1];

  before(async () => {
    home = await mkdtemp(join(tmpdir(), 'naru-ctrd-'));
    await mkdir(join(home, 'rootfs'));
    await ok('tar', ['-C', join(home, 'rootfs'), '-xf', await busyboxTar()]);
    await writeFile(join(home, 'config.toml'), config(home));
    daemon = spawn('containerd', ['--config', join(home, 'config.toml')], { stdio: 'ignore' });
    await until('containerd answers', async () => (await ctr('version')).code === 0);
  });
  after(async () => {
    await ctr('task', 'kill', '--signal', 'KILL', 'stays');
    await ctr('task', 'delete', '--force', 'stays');
    await ctr('container', 'delete', 'stays');
    daemon.kill('SIGTERM');
    await once(daemon, 'exit');
    await rm(home, { recursive: true });
    await rm(join('/run/containerd/runc', namespace), { recursive: true, force: true });
    await new Cgroup(`/${namespace}`).remove(); // containerd names it, and leaves it
  });

  const runOnce = (id: string, ...command: string[]): Promise<Result> => ctr(...runWords(['--rm'], id, ...command));

  test('run: output, exit code, and nothing left', async () => {
    assert.deepEqual(await runOnce('says', 'sh', '-c', 'echo out; echo err >&2; exit 7'), { code: 7, stdout: 'out\n', stderr: 'err\n' });
    assert.deepEqual(await readdir(join('/run/containerd/runc', namespace)), []);
  });

  test('what cannot run is told in runC\'s words', async () => {
    assert.match((await runOnce('lacks', 'nosuch')).stderr, /OCI runtime create failed: .*exec: "nosuch": executable file not found in \$PATH/);
    await ctr('container', 'delete', 'lacks');
  });

  test('a terminal of its own', async () => {
    await using terminal = new Terminal('timeout', ctrWords(...runWords(['--rm', '--tty'], 'tty', 'sh', '-c', 'tty; read line; echo got $line; exit 6')), {});
    await terminal.expect(/\/dev\/pts\/\d+/);
    terminal.type('typed\n');
    await terminal.expect(/got typed/);
    assert.equal(await terminal.exit(), 6);
  });

  test('a container that stays: exec, exec with a terminal, pause, metrics, kill, delete', async () => {
    assert.equal((await ctr(...runWords(['--detach'], 'stays', 'sleep', '1000'))).code, 0);
    const pid = Number(/^stays\s+(\d+)/m.exec((await ctr('task', 'ls')).stdout)?.[1]);
    const parent = Number(/^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
    assert.match(readFileSync(`/proc/${parent}/cmdline`, 'latin1'), /containerd-shim-runc-v2/, 'its first process is containerd-shim\'s own child');

    // ctr lets go of a reader that has not begun when the end comes: of execs that end at once it loses a line of some hundred, runC's too
    assert.deepEqual(await ctr('task', 'exec', '--exec-id', 'e1', 'stays', 'sh', '-c', 'echo in exec; sleep 0.5; exit 4'), { code: 4, stdout: 'in exec\n', stderr: '' });
    await using terminal = new Terminal('timeout', ctrWords('task', 'exec', '--exec-id', 'e2', '--tty', 'stays', 'sh', '-c', 'tty; exit 5'), {});
    await terminal.expect(/\/dev\/pts\/\d+/);
    assert.equal(await terminal.exit(), 5);

    assert.equal((await ctr('task', 'pause', 'stays')).code, 0);
    assert.equal(await statusOf('stays'), 'PAUSED');
    assert.equal((await ctr('task', 'resume', 'stays')).code, 0);
    assert.match((await ctr('task', 'metrics', 'stays')).stdout, /memory\.usage_in_bytes\s+\d+/);
    assert.equal((await ctr('task', 'kill', '--signal', 'KILL', 'stays')).code, 0);
    await until('it has stopped', async () => (await statusOf('stays')) === 'STOPPED');
    assert.match((await ctr('task', 'delete', 'stays')).stderr, /exit code 137/);
    assert.equal((await ctr('container', 'delete', 'stays')).code, 0);
    assert.ok(!existsSync(`/proc/${pid}`));
    assert.deepEqual(await readdir(join('/run/containerd/runc', namespace)), []);
  });
});
