import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { openPlugins } from './index.ts';

/** A directory with a plugin `here` that listens, and a file for each other way to name one. */
async function world(): Promise<AsyncDisposable & { readonly sockets: string; readonly specs: string; readonly asked: string[] }> {
  const root = mkdtempSync(join(tmpdir(), 'naru-plugins-'));
  const [sockets, specs] = [join(root, 'sockets'), join(root, 'specs')];
  for (const directory of [sockets, specs]) mkdirSync(directory);
  const asked: string[] = [];
  const server = createServer(async (request, response) => {
    asked.push(`${request.method} ${request.url} ${await text(request)}`.trim());
    if (request.url === '/Plugin.Activate') return void response.end('{"Implements":["VolumeDriver"]}');
    if (request.url === '/VolumeDriver.List') return void response.end(Buffer.alloc((16 << 20) + 1, 0x20));
    if (request.url === '/VolumeDriver.Mount') return;
    if (request.url === '/VolumeDriver.Unmount') return trickle(response);
    if (request.url === '/VolumeDriver.Path') return void response.writeHead(404).end('404 page not found');
    if (request.url === '/VolumeDriver.Remove') return void response.writeHead(500).end('{"Err":"it is in use"}');
    response.end(request.url === '/VolumeDriver.Create' ? '{"Err":"no room"}' : '{"Volume":{"Name":"v"}}');
  }).listen(join(sockets, 'here.sock'));
  await once(server, 'listening');
  writeFileSync(join(specs, 'spelled.spec'), `unix://${join(sockets, 'here.sock')}\n`);
  writeFileSync(join(specs, 'told.json'), JSON.stringify({ Name: 'told', Addr: `unix://${join(sockets, 'here.sock')}` }));
  writeFileSync(join(specs, 'broken.json'), '{');
  return {
    sockets,
    specs,
    asked,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      rmSync(root, { recursive: true });
    },
  };
}

/** A byte now and then, without an end. */
function trickle(response: ServerResponse): void {
  const timer = setInterval(() => response.write(' '), 5);
  response.on('close', () => clearInterval(timer));
}

test('a plugin is found by its socket, its spec and its document, and shakes hands once', async () => {
  await using place = await world();
  const plugins = openPlugins({ sockets: place.sockets, specs: [place.specs] });
  for (const name of ['here', 'spelled', 'told']) assert.equal((await plugins.get(name, 'VolumeDriver')).name, name);
  await plugins.get('here', 'VolumeDriver');
  assert.equal(place.asked.filter((line) => line === 'POST /Plugin.Activate').length, 3);
  assert.deepEqual(plugins.active('VolumeDriver'), ['here', 'spelled', 'told']);
});

test('what is not there, does not fit or cannot be read', async () => {
  await using place = await world();
  const plugins = openPlugins({ sockets: place.sockets, specs: [place.specs] });
  await assert.rejects(plugins.get('ghost', 'authz'), { name: 'NotFound', message: 'plugin "ghost" not found' });
  await assert.rejects(plugins.get('../here', 'authz'), { name: 'NotFound' });
  await assert.rejects(plugins.get('here', 'authz'), { message: 'plugin "here" does not implement the requested driver: authz' });
  await assert.rejects(plugins.get('broken', 'authz'), /plugin file .*broken\.json: /);
});

test('a call gives the document, or the plugin\'s own words', async () => {
  await using place = await world();
  const plugin = await openPlugins({ sockets: place.sockets, specs: [] }).get('here', 'VolumeDriver');
  assert.deepEqual(await plugin.call('VolumeDriver.Get', { Name: 'v' }), { Volume: { Name: 'v' } });
  await assert.rejects(plugin.call('VolumeDriver.Create', { Name: 'v' }), { message: 'VolumeDriver.Create: no room' });
  await assert.rejects(plugin.call('VolumeDriver.Remove', { Name: 'v' }), { message: 'VolumeDriver.Remove: it is in use' });
  assert.ok(place.asked.includes('POST /VolumeDriver.Get {"Name":"v"}'));
});

test('a call may leave failures to its caller, ask for a method that need not be there, and be given up in time', async () => {
  await using place = await world();
  const plugin = await openPlugins({ sockets: place.sockets, specs: [] }).get('here', 'VolumeDriver');
  assert.deepEqual(await plugin.ask('VolumeDriver.Create', { Name: 'v' }), { Err: 'no room' });
  assert.equal(await plugin.ask('VolumeDriver.Path', { Name: 'v' }), undefined);
  await assert.rejects(plugin.call('VolumeDriver.Path', { Name: 'v' }), { message: 'VolumeDriver.Path: 404 page not found' });
  await assert.rejects(plugin.ask('VolumeDriver.Remove', { Name: 'v' }), { message: 'VolumeDriver.Remove: it is in use' });
  for (const method of ['VolumeDriver.Mount', 'VolumeDriver.Unmount']) {
    await assert.rejects(plugin.call(method, { Name: 'v' }, { patience: 20 }), { name: 'Unavailable', message: new RegExp(`^Post ".*/${method}": context deadline exceeded$`) });
  }
});

test('an answer without an end is cut off', async () => {
  await using place = await world();
  const plugin = await openPlugins({ sockets: place.sockets, specs: [] }).get('here', 'VolumeDriver');
  await assert.rejects(plugin.call('VolumeDriver.List', {}), { name: 'Unavailable', message: /the answer is longer than 16777216 bytes/ });
});

test('a plugin that is not there yet is waited for, for as long as is said', async () => {
  await using place = await world();
  const plugins = openPlugins({ sockets: place.sockets, specs: [place.specs] });
  await assert.rejects(plugins.get('late', 'VolumeDriver', { awaited: 20 }), { name: 'NotFound', message: 'plugin "late" not found' });
  const coming = plugins.get('late', 'VolumeDriver', { awaited: 600_000 });
  renameSync(join(place.specs, 'spelled.spec'), join(place.specs, 'late.spec'));
  assert.equal((await coming).name, 'late');
});

test('who only looks around asks a dead socket once', async (context) => {
  await using place = await world();
  writeFileSync(join(place.specs, 'dead.spec'), `unix://${join(place.sockets, 'nobody.sock')}\n`);
  context.mock.timers.enable({ apis: ['setTimeout'] }); // a pause would never end
  await assert.rejects(openPlugins({ sockets: place.sockets, specs: [place.specs] }).get('dead', 'VolumeDriver', { once: true }), { name: 'Unavailable' });
});
