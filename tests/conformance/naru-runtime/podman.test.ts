/** naru-runtime under Debian's Podman (`--runtime`): conmon calls it in runC's place, and reaps what it makes. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ok, root, run, until, type Result, type RunOptions } from '../../support/command.ts';
import { busyboxTar } from '../../support/images.ts';
import { Terminal } from '../../support/terminal.ts';

describe('podman', () => {
  let home: string;
  const words = (...more: string[]): string[] => [
    '--signal', 'KILL', '200', 'podman', '--root', join(home, 'root'), '--runroot', join(home, 'run'), '--tmpdir', join(home, 'tmp'),
    '--cgroup-manager', 'cgroupfs', '--events-backend', 'file', '--storage-driver', 'vfs', '--runtime', join(root, 'bin/naru-runtime'), ...more,
  ];
  const podman = (more: readonly string[], options: RunOptions = {}): Promise<Result> => run('timeout', words(...more), options);
  const once = (...more: string[]): Promise<Result> => podman(['run', '--rm', '--network', 'none', ...more]);

  before(async () => {
    home = await mkdtemp(join(tmpdir(), 'naru-podman-'));
    await ok('timeout', words('import', '--quiet', '--change', 'ENV PATH=/bin', await busyboxTar(), 'box'));
  });
  after(async () => {
    await podman(['rm', '--force', '--all', '--time', '0']);
    await rm(home, { recursive: true });
  });

  test('run: output, exit codes of the program and of what cannot run', async () => {
    assert.deepEqual(await once('box', 'sh', '-c', 'echo out; echo err >&2; exit 7'), { code: 7, stdout: 'out\n', stderr: 'err\n' });
    const missing = await once('box', 'nosuch');
    assert.equal(missing.code, 127);
    assert.match(missing.stderr, /executable file `?"?nosuch|executable file not found in \$PATH/);
    assert.equal((await once('box', '/etc')).code, 126);
    assert.equal((await once('box', 'sh', '-c', "sh -c 'kill -9 $$'; exit $?")).code, 137);
  });

  test('limits, users and mounts reach the container', async () => {
    const script = 'cat /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/pids.max 2>/dev/null; id -u; id -G; hostname; cat /mark; touch /x 2>/dev/null || echo read-only; grep CapEff /proc/self/status';
    const { stdout, stderr } = await once('--pids-limit', '77', '--user', '1000:1001', '--hostname', 'there', '--read-only', '--volume', '/etc/hostname:/mark:ro', '--cap-drop', 'all', 'box', 'sh', '-c', script);
    const host = (await ok('cat', ['/etc/hostname'])).trim();
    assert.equal(stdout.replace(/\s+/g, ' '), `77 1000 1001 there ${host} read-only CapEff: 0000000000000000 `, stderr);
  });

  test('a terminal of its own', async () => {
    await using terminal = new Terminal('timeout', words('run', '--rm', '--interactive', '--tty', '--network', 'none', 'box', 'sh', '-c', 'stty size; read line; echo got $line; exit 6'), {});
    await terminal.expect(/24 80/);
    terminal.type('typed\n');
    await terminal.expect(/got typed/);
    assert.equal(await terminal.exit(), 6);
  });

  test('a container that stays: logs, exec, pause, top, stop, remove', async () => {
    assert.equal((await podman(['run', '--detach', '--name', 'one', '--network', 'none', 'box', 'sh', '-c', 'trap "echo bye; exit 3" TERM; echo started; while :; do sleep 0.1; done'])).code, 0);
    await until('it has started', async () => (await podman(['logs', 'one'])).stdout.includes('started'));
    assert.deepEqual(await podman(['exec', 'one', 'sh', '-c', 'echo in exec; exit 4']), { code: 4, stdout: 'in exec\n', stderr: '' });
    assert.equal((await podman(['exec', '--interactive', 'one', 'sh'], { input: 'echo typed\n' })).stdout, 'typed\n');
    await using terminal = new Terminal('timeout', words('exec', '--interactive', '--tty', 'one', 'sh', '-c', 'tty; exit 5'), {});
    await terminal.expect(/\/dev\/pts\/\d+/);
    assert.equal(await terminal.exit(), 5);
    assert.equal((await podman(['exec', 'one', 'nosuch'])).code, 127);

    assert.equal((await podman(['pause', 'one'])).code, 0);
    assert.equal((await podman(['inspect', '--format', '{{.State.Status}}', 'one'])).stdout, 'paused\n');
    assert.equal((await podman(['unpause', 'one'])).code, 0);
    assert.match((await podman(['top', 'one'])).stdout, /sh -c trap/);
    assert.equal((await podman(['stop', '--time', '10', 'one'])).code, 0);
    assert.equal((await podman(['inspect', '--format', '{{.State.Status}} {{.State.ExitCode}}', 'one'])).stdout, 'exited 3\n');
    assert.match((await podman(['logs', 'one'])).stdout, /started\nbye\n/);
    assert.equal((await podman(['rm', 'one'])).code, 0);
    assert.equal((await podman(['ps', '--all', '--quiet'])).stdout, '');
  });
});
