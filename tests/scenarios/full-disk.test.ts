/** A container fills the disk that the daemon lives on: the daemon goes on, and the disk is freed by its own commands. */
import assert from 'node:assert/strict';
import { glob, mkdir, mkdtemp, rm, statfs, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ok, until } from '../support/command.ts';
import { Daemon } from '../support/daemon.ts';
import { importBusybox } from '../support/images.ts';

/** From outside: an exec could be ended with its container before it has told its own end. A link needs no room for content. */
async function letEnd(docker: (...args: string[]) => Promise<string>, name: string): Promise<void> {
  await symlink('/', `/proc/${await docker('inspect', '-f', '{{.State.Pid}}', name)}/root/go`);
}

test('what runs goes on, ends are seen, a daemon begins anew, containers can be removed', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'naru-full-'));
  const disk = join(directory, 'disk');
  await mkdir(disk);
  await ok('mount', ['-t', 'tmpfs', '-o', 'size=40m', 'tmpfs', disk]);
  try {
    await using daemon = await Daemon.start('--data-root', join(disk, 'data'));
    await importBusybox(daemon);
    const docker = (...args: string[]): Promise<string> => daemon.ok('docker', args);
    await docker('run', '-d', '--name', 'short', 'busybox', 'sh', '-c', 'until [ -e /go ]; do sleep 0.1; done; exit 7');
    await docker('run', '-d', '--name', 'long', 'busybox', 'sleep', '1000');
    /* It takes what becomes free, too: nothing that the daemon lays by may be in its reach. */
    await docker('run', '-d', '--name', 'filler', 'busybox', 'sh', '-c', 'while :; do dd if=/dev/zero of=/big bs=64k oflag=append conv=notrunc 2>/dev/null; done');
    await until('the disk is full', async () => (await statfs(disk)).bavail === 0);

    assert.equal((await daemon.run('docker', ['build', '-'], { input: 'FROM busybox\nRUN echo x > /x\n' })).code, 1);
    assert.equal(await docker('exec', 'long', 'echo', 'there'), 'there');
    await letEnd(docker, 'short');
    assert.equal(await docker('wait', 'short'), '7');
    await docker('restart', '-t', '0', 'long');

    await daemon.crash();
    await daemon.up();
    assert.equal(await docker('ps', '-a', '--format', '{{.Names}} {{.State}}').then((text) => text.split('\n').toSorted().join()), 'filler running,long running,short exited');
    await daemon.down();
    await daemon.up();
    await docker('rm', '-f', 'filler');
    assert.equal(await docker('run', '--rm', 'busybox', 'echo', 'room again'), 'room again');
    await docker('rm', '-f', 'long', 'short');
  } finally {
    await ok('umount', [disk]);
    await rm(directory, { recursive: true });
  }
});

test('where there never was room to lay by, nothing that goes on by itself ends the daemon', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'naru-full-'));
  const disk = join(directory, 'disk');
  await mkdir(disk);
  await ok('mount', ['-t', 'tmpfs', '-o', 'size=14m', 'tmpfs', disk]);
  try {
    await using daemon = await Daemon.start('--data-root', join(disk, 'data'));
    await importBusybox(daemon);
    const docker = (...args: string[]): Promise<string> => daemon.ok('docker', args);
    const state = (name: string, format: string): Promise<string> => docker('inspect', '-f', `{{.State.${format}}}`, name);
    await docker('run', '-d', '--name', 'again', '--restart', 'always', 'busybox', 'sh', '-c', 'until [ -e /go ]; do sleep 0.1; done');
    await docker('run', '-d', '--name', 'looked-after', '--health-cmd', 'test ! -e /bad', '--health-interval', '1s', '--health-retries', '1', 'busybox', 'sleep', '1000');
    await docker('run', '-d', '--name', 'filler', 'busybox', 'sh', '-c', 'while :; do dd if=/dev/zero of=/big bs=4k oflag=append conv=notrunc 2>/dev/null; done');
    await until('the disk is full', async () => (await statfs(disk)).bavail === 0);
    await until('nothing can be stored', async () => (await daemon.run('docker', ['create', '--label', `x=${'x'.repeat(30_000)}`, 'busybox'])).code !== 0);

    await docker('exec', 'looked-after', 'ln', '-s', '/', '/bad');
    await until('it is unhealthy', async () => (await state('looked-after', 'Health.Status')) === 'unhealthy');
    await docker('exec', '-d', 'looked-after', 'sleep', '1');
    await letEnd(docker, 'again');
    await until('it was tried to start again', async () => (await state('again', 'Status')) === 'exited');
    await docker('exec', 'looked-after', 'sleep', '0.2'); // longer than one that is not stored

    await docker('kill', 'filler');
    for await (const big of glob(join(disk, 'data/snapshots/*/fs/big'))) await rm(big);
    await docker('rm', '-f', 'filler', 'looked-after', 'again');
  } finally {
    await ok('umount', [disk]);
    await rm(directory, { recursive: true });
  }
});
