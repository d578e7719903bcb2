/** Volumes that a plugin keeps: made, listed, looked at, run with and removed through Docker's VolumeDriver protocol. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { call, errorOf } from '../../support/api.ts';
import { until } from '../../support/command.ts';
import { Daemon } from '../../support/daemon.ts';
import { importBusybox } from '../../support/images.ts';
import { TestPlugin } from '../../support/plugin.ts';
import { keeper } from '../../support/volume-keeper.ts';

test('a plugin\'s volumes', { skip: process.getuid?.() === 0 ? false : 'narud needs root' }, async () => {
  const root = await mkdtemp(join(tmpdir(), 'naru-shelf-'));
  await using _ = { [Symbol.asyncDispose]: () => rm(root, { recursive: true }) };
  const kept = new Set(['old']);
  await using plugin = await TestPlugin.start(root, 'shelf', 'VolumeDriver', keeper(root, kept));
  await using daemon = await Daemon.start('--plugin-sockets', root);
  await importBusybox(daemon);
  assert.equal(await daemon.ok('docker', ['volume', 'create', '-d', 'shelf', '-o', 'shelf=3', '--label', 'a=b', 'books']), 'books');
  assert.deepEqual(plugin.of('VolumeDriver.Create'), [{ Name: 'books', Opts: { shelf: '3' } }]);
  const books = (await call(daemon, 'GET', '/volumes/books')).json();
  assert.deepEqual(books, {
    CreatedAt: '2026-01-02T03:04:05Z', Driver: 'shelf', Labels: { a: 'b' }, Mountpoint: join(root, 'books'), Name: 'books', Options: { shelf: '3' }, Scope: 'global', Status: { shelf: 3 },
  });
  assert.deepEqual((await daemon.ok('docker', ['volume', 'ls', '--format', '{{.Driver}} {{.Name}}'])).split('\n'), ['shelf books', 'shelf old']);
  assert.equal(await daemon.ok('docker', ['run', '--name', 'reader', '-v', 'books:/b', 'busybox', 'sh', '-c', 'echo chapter one > /b/page; cat /b/page']), 'chapter one');
  assert.equal(await readFile(join(root, 'books/page'), 'utf8'), 'chapter one\n');
  await until('unmounted', async () => plugin.of('VolumeDriver.Unmount').length === plugin.of('VolumeDriver.Mount').length);
  const [mounted] = plugin.of('VolumeDriver.Mount');
  assert.deepEqual(plugin.of('VolumeDriver.Unmount')[0], mounted);
  const mounts = plugin.of('VolumeDriver.Mount').length;
  await daemon.ok('docker', ['cp', 'reader:/b/page', join(root, 'copy')]);
  assert.equal(await readFile(join(root, 'copy'), 'utf8'), 'chapter one\n');
  assert.equal(plugin.of('VolumeDriver.Mount').length, mounts + 1, 'its driver brings a volume for a copy too');
  await until('unmounted again', async () => plugin.of('VolumeDriver.Unmount').length === mounts + 1);
  await leftByCopy(daemon, plugin, mounts + 1);
  assert.match(errorOf(await call(daemon, 'DELETE', '/volumes/books'), 409), /^remove books: volume is in use/);
  await daemon.ok('docker', ['rm', 'reader']);
  assert.equal(errorOf(await call(daemon, 'POST', '/volumes/create', { Name: 'more', Driver: 'shelf', DriverOpts: { shelf: 'full' } }), 500), 'create more: VolumeDriver.Create: the shelf is full');
  assert.equal(errorOf(await call(daemon, 'POST', '/volumes/create', { Name: 'books', Driver: 'local' }), 409), "create books: driver 'shelf' already has volume 'books': volume name must be unique");
  assert.equal(errorOf(await call(daemon, 'POST', '/volumes/create', { Name: 'x1', Driver: 'ghost' }), 404), 'create x1: error looking up volume plugin ghost: plugin "ghost" not found');
  assert.deepEqual((await call(daemon, 'GET', '/info')).json().Plugins.Volume, ['local', 'shelf']);
  await call(daemon, 'POST', '/volumes/create', { Name: 'lent', Driver: 'shelf' });
  kept.delete('lent');
  assert.equal((await call(daemon, 'POST', '/volumes/create', { Name: 'lent', Driver: 'local' })).json().Driver, 'local', 'a name whose volume its plugin has lost is free');
  assert.equal(plugin.of('VolumeDriver.Capabilities').length, 2, 'asked once by each daemon');
  for (const name of ['books', 'old', 'lent']) await daemon.ok('docker', ['volume', 'rm', name]);
  assert.equal(await daemon.ok('docker', ['volume', 'ls', '-q']), '');
});

test('a driver that does not take back its volume holds nobody but those who want it', { skip: process.getuid?.() === 0 ? false : 'narud needs root' }, async () => {
  const root = await mkdtemp(join(tmpdir(), 'naru-shelf-'));
  await using _ = { [Symbol.asyncDispose]: () => rm(root, { recursive: true }) };
  const answer = Promise.withResolvers<object>();
  await using plugin = await TestPlugin.start(root, 'shelf', 'VolumeDriver', { ...keeper(root, new Set()), 'VolumeDriver.Unmount': () => answer.promise });
  await using daemon = await Daemon.start('--plugin-sockets', root, '--live-restore=false');
  using _answered = { [Symbol.dispose]: () => answer.resolve({}) }; // before the daemon is to end, whatever failed
  await importBusybox(daemon);
  const running = async () => (await daemon.ok('docker', ['ps', '--format', '{{.Names}}'])).split('\n').toSorted();
  const forGood = ['busybox', 'sh', '-c', 'trap exit TERM; while :; do sleep 0.1; done'];
  await daemon.ok('docker', ['run', '-d', '--name', 'reader', '--restart', 'always', '--volume-driver', 'shelf', '-v', 'books:/b', ...forGood]);
  await daemon.ok('docker', ['run', '-d', '--name', 'changed', '--restart', 'always', '--network', 'container:reader', ...forGood]);
  await daemon.ok('docker', ['run', '-d', '--name', 'beside', '--restart', 'always', '--network', 'container:reader', ...forGood]);
  await daemon.ok('docker', ['run', '-d', '--name', 'other', '--restart', 'always', ...forGood]);
  await daemon.crash();
  await daemon.up(); // ends what the other one left, and asks for the volume to be taken back
  assert.deepEqual(await running(), ['other']);
  assert.equal(plugin.of('VolumeDriver.Mount').length, 1);
  await daemon.ok('docker', ['update', '--restart', 'no', 'changed']);
  answer.resolve({});
  await until('all run that are to', async () => (await running()).join() === 'beside,other,reader');
  assert.equal(plugin.of('VolumeDriver.Mount').length, 2);
});

test('of two starts at once the one that comes too late leaves the other its volume', { skip: process.getuid?.() === 0 ? false : 'narud needs root' }, async () => {
  const root = await mkdtemp(join(tmpdir(), 'naru-shelf-'));
  await using _ = { [Symbol.asyncDispose]: () => rm(root, { recursive: true }) };
  const [asked, answer] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const methods = keeper(root, new Set());
  const mount = async (body: { Name: string }) => {
    asked.resolve();
    await answer.promise;
    return methods['VolumeDriver.Mount'](body);
  };
  await using plugin = await TestPlugin.start(root, 'shelf', 'VolumeDriver', { ...methods, 'VolumeDriver.Mount': mount });
  await using daemon = await Daemon.start('--plugin-sockets', root);
  using _answered = { [Symbol.dispose]: () => answer.resolve() };
  await importBusybox(daemon);
  await daemon.ok('docker', ['create', '--name', 'reader', '--volume-driver', 'shelf', '-v', 'books:/b', 'busybox', 'sleep', '1000']);
  const starts = [1, 2].map(() => call(daemon, 'POST', '/containers/reader/start'));
  await asked.promise;
  await call(daemon, 'GET', '/_ping'); // the other has been heard too
  answer.resolve();
  assert.deepEqual((await Promise.all(starts)).map(({ status }) => status).toSorted(), [204, 304]);
  assert.deepEqual([plugin.of('VolumeDriver.Mount').length, plugin.of('VolumeDriver.Unmount').length], [1, 0]);
  assert.equal(await daemon.ok('docker', ['inspect', '--format', '{{.State.Status}}{{.State.Error}}', 'reader']), 'running');
  await daemon.ok('docker', ['rm', '--force', 'reader']);
  await until('unmounted', async () => plugin.of('VolumeDriver.Unmount').length === 1);
});

test('a daemon ends though a restart waits for the driver', { skip: process.getuid?.() === 0 ? false : 'narud needs root' }, async () => {
  const root = await mkdtemp(join(tmpdir(), 'naru-shelf-'));
  await using _ = { [Symbol.asyncDispose]: () => rm(root, { recursive: true }) };
  const answer = Promise.withResolvers<object>();
  const kept = keeper(root, new Set());
  await using plugin = await TestPlugin.start(root, 'shelf', 'VolumeDriver', {
    ...kept, 'VolumeDriver.Mount': (body) => (plugin.of('VolumeDriver.Mount').length > 1 ? answer.promise : kept['VolumeDriver.Mount'](body)),
  });
  await using daemon = await Daemon.start('--plugin-sockets', root, '--live-restore=false', '--shutdown-timeout', '1');
  using _answered = { [Symbol.dispose]: () => answer.resolve({}) };
  await importBusybox(daemon);
  await daemon.ok('docker', ['run', '-d', '--restart', 'always', '--volume-driver', 'shelf', '-v', 'books:/b', 'busybox', 'true']);
  await until('it is to start again', async () => plugin.of('VolumeDriver.Mount').length > 1);
  const asked = performance.now();
  await daemon.down();
  assert.ok(performance.now() - asked < 60_000, 'a plugin is waited for twice as long');
});

/** A daemon that is killed over a copy leaves the volume with its driver: the next one gives it back. */
async function leftByCopy(daemon: Daemon, plugin: TestPlugin, unmounts: number): Promise<void> {
  const copying = call(daemon, 'PUT', '/containers/reader/archive?path=/b', Buffer.from('x'), { 'Content-Length': '1000' }).catch(() => undefined);
  await until('the volume is there', async () => plugin.of('VolumeDriver.Mount').length === unmounts + 1);
  await daemon.crash();
  await copying;
  assert.equal(plugin.of('VolumeDriver.Unmount').length, unmounts);
  await daemon.up();
  await until('it is given back', async () => plugin.of('VolumeDriver.Unmount').length === unmounts + 1);
  assert.deepEqual(plugin.of('VolumeDriver.Unmount').at(-1), plugin.of('VolumeDriver.Mount').at(-1));
}
