/** `--link` on the default bridge: the names it gives, who is meant by them, and how a link is taken away. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedDaemon } from '../../support/shared-daemon.ts';

const { daemon, docker } = sharedDaemon();
const namesOf = async (name: string) => (await docker('ps', '-a', '--no-trunc', '--filter', `name=^/?${name}$`, '--format', '{{.Names}}')).trim().split(',');
const linksOf = async (name: string) => JSON.parse(await docker('inspect', '--format', '{{json .HostConfig.Links}}', name));

test('a linked container is called by the link too, whoever is renamed, until the link is taken away', async () => {
  await docker('run', '-d', '--name', 'db', 'busybox', 'sleep', '1000');
  await docker('create', '--name', 'web', '--link', 'db:store', 'busybox', 'cat', '/etc/hosts');
  assert.deepEqual(await namesOf('db'), ['db', 'web/store']);
  assert.equal((await docker('inspect', '--format', '{{.Name}}', 'web/store')).trim(), '/db');
  await docker('rename', 'db', 'base');
  await docker('rename', 'web', 'shop');
  assert.deepEqual(await linksOf('shop'), ['/base:/shop/store']);
  assert.match(await docker('start', '-a', 'shop'), /\tstore \S+ base\n/);
  await docker('rm', '--link', 'shop/store');
  assert.equal(await linksOf('shop'), null);
  assert.doesNotMatch(await docker('start', '-a', 'shop'), /store/);
  assert.match((await daemon().run('docker', ['rm', '--link', 'shop'])).stderr, /Conflict, cannot remove the default link name of the container/);
  assert.match((await daemon().run('docker', ['rm', '--link', 'nobody/store'])).stderr, /No such container: nobody\/store/);
  await docker('rm', '-f', 'base', 'shop');
});

test('who runs on without a link has lost its names, and kept the others', async () => {
  for (const name of ['one', 'two']) await docker('run', '-d', '--name', name, 'busybox', 'sleep', '1000');
  await docker('run', '-d', '--name', 'user', '--link', 'one:first', '--link', 'two:second', 'busybox', 'sleep', '1000');
  await docker('rm', '--link', 'user/first');
  const hosts = await docker('exec', 'user', 'cat', '/etc/hosts');
  assert.doesNotMatch(hosts, /first|one/);
  assert.match(hosts, /\tsecond \S+ two\n/);
  await docker('rm', '-f', 'user', 'one', 'two');
});

test('nobody joins a network of his own; one certain port comes before any', async () => {
  assert.match((await daemon().run('docker', ['run', '--name', 'self', '--net', 'container:self', 'busybox', 'true'])).stderr, /cannot join own network/);
  await docker('rm', 'self');
  let next: number;
  for (;;) {
    await docker('run', '-d', '--name', 'first', '-p', '80', 'busybox', 'sleep', '1000');
    next = Number(/:(\d+)/.exec(await docker('port', 'first', '80'))?.[1]) + 1;
    const { code, stderr } = await daemon().run('docker', ['run', '-d', '--name', 'second', '-p', '80', '-p', `${next}:8080`, 'busybox', 'sleep', '1000']);
    if (code === 0) break;
    assert.match(stderr, /address already in use \(process \d+/); // another daemon of this host has it
    await docker('rm', '-f', 'first', 'second');
  }
  assert.match(await docker('port', 'second', '8080'), new RegExp(`:${next}\n`));
  await docker('rm', '-f', 'first', 'second');
});
