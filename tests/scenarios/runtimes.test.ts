/** `narud --add-runtime` and `docker run --runtime`: another OCI runtime makes the container, everything else is as ever. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { join } from 'node:path';
import { readdir } from 'node:fs/promises';
import { root, until } from '../support/command.ts';
import { clients, Daemon } from '../support/daemon.ts';
import { importBusybox } from '../support/images.ts';

describe('runtimes by name', () => {
  let daemon: Daemon;

  before(async () => {
    daemon = await Daemon.start('--add-runtime', 'other=runc', '--add-runtime', `again=${join(root, 'bin/naru-runtime')}`);
    await importBusybox(daemon);
  });
  after(async () => daemon?.[Symbol.asyncDispose]());

  for (const client of clients()) {
    for (const runtime of ['other', 'again']) {
      test(`${client} --runtime ${runtime}: output, exit code, network, limits, exec, logs, stop, restart of the daemon`, async () => {
        const go = (...args: string[]) => daemon.run(client, args);
        const result = await go('run', '--rm', '--runtime', runtime, '--memory', '64m', '--env', 'A=b', 'busybox', 'sh', '-c', 'echo $A; ip -4 addr show eth0 | grep -c "inet "; echo err >&2; exit 3');
        assert.deepEqual([result.code, result.stdout, result.stderr], [3, 'b\n1\n', 'err\n']);
        assert.equal((await go('run', '--rm', '--runtime', runtime, 'busybox', 'nosuch')).code, 127);

        await daemon.ok(client, ['run', '--detach', '--init', '--name', 'one', '--runtime', runtime, 'busybox', 'sh', '-c', 'trap "echo bye; exit 5" TERM; echo up; while :; do sleep 0.1; done']);
        assert.equal(await daemon.ok(client, ['inspect', '--format', '{{.HostConfig.Runtime}} {{.State.Running}}', 'one']), `${runtime} true`);
        assert.deepEqual(await go('exec', 'one', 'sh', '-c', 'cat /proc/1/comm; exit 4'), { code: 4, stdout: 'docker-init\n', stderr: '' });
        await using terminal = daemon.terminal(client, ['exec', '--interactive', '--tty', 'one', 'sh', '-c', 'tty; exit 6']);
        await terminal.expect(/\/dev\/pts\/\d+/);
        assert.equal(await terminal.exit(), 6);
        await daemon.ok(client, ['pause', 'one']);
        await daemon.ok(client, ['unpause', 'one']);
        await daemon.ok(client, ['update', '--pids-limit', '99', 'one']);

        await daemon.crash();
        await daemon.up();
        assert.equal(await daemon.ok(client, ['exec', 'one', 'echo', 'still here']), 'still here');
        await daemon.ok(client, ['stop', 'one']);
        assert.equal(await daemon.ok(client, ['inspect', '--format', '{{.State.Status}} {{.State.ExitCode}}', 'one']), 'exited 5');
        assert.equal(await daemon.ok(client, ['logs', 'one']), 'up\nbye');
        await daemon.ok(client, ['rm', 'one']);
        await until('nothing is left', async () => (await Promise.all(['tasks', 'states'].map((name) => readdir(join(daemon.directory, 'exec/oci', name))))).flat().length === 0);
      });
    }
  }

  test('info names them, and one that nobody configured is refused', async () => {
    type Info = { Runtimes: Record<string, { path: string; status?: Record<string, string> }>; DefaultRuntime: string };
    const info = JSON.parse(await daemon.api('GET', '/info')) as Info;
    for (const { status } of Object.values(info.Runtimes)) {
      const features = JSON.parse(status?.['org.opencontainers.runtime-spec.features'] ?? '{}') as { linux?: { namespaces?: string[] } };
      assert.ok(features.linux?.namespaces?.includes('mount'), JSON.stringify(status));
    }
    const old = JSON.parse(await daemon.api('GET', '/v1.43/info')) as Info;
    assert.deepEqual(old.Runtimes.other, { path: 'runc' });
    assert.deepEqual(Object.keys(info.Runtimes).toSorted(), ['again', 'io.containerd.runc.v2', 'other', 'runc']);
    assert.deepEqual([info.Runtimes.other?.path, info.DefaultRuntime], ['runc', 'runc']);
    const refused = await daemon.run('naru', ['run', '--rm', '--runtime', 'nosuch', 'busybox', 'true']);
    assert.equal(refused.code, 125);
    assert.match(refused.stderr, /Error response from daemon: unknown or invalid runtime name: nosuch/);
  });
});
