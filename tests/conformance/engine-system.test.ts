/** The daemon itself over the API: versions, figures, events, and the doors of parts that are not there. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { call, errorOf } from '../support/api.ts';
import { root } from '../support/command.ts';
import { Daemon } from '../support/daemon.ts';

let daemon: Daemon;
before(async () => {
  daemon = await Daemon.start('--label', 'a=b');
});
after(() => daemon?.[Symbol.asyncDispose]());

test('ping says the newest version and the classic builder', async () => {
  for (const method of ['GET', 'HEAD']) {
    const answer = await call(daemon, method, '/_ping');
    assert.deepEqual([answer.status, answer.text], [200, method === 'GET' ? 'OK' : '']);
    assert.deepEqual([answer.headers['api-version'], answer.headers['builder-version'], answer.headers['swarm']], ['1.55', '1', 'inactive']);
  }
});

test('asking for everything that info tells leaves the daemon as it was: its umask, and the niceness that containers inherit', async () => {
  const own = () => [/^Umask:\t(\d+)$/m.exec(readFileSync(`/proc/${daemon.pid}/status`, 'utf8'))?.[1], getPriority(daemon.pid)];
  const before = own();
  assert.equal((await call(daemon, 'GET', '/info')).status, 200);
  assert.deepEqual(own(), before);
  const bundles = globSync('dist/**/*.js', { cwd: root, exclude: ['dist/naru*/**'] });
  assert.deepEqual(bundles.filter((file) => /^(?:import|export) .*\.worker\.js"/m.test(readFileSync(join(root, file), 'utf8'))), [], 'only worker threads load their files');
});

test('versions outside the range are refused, those inside are spoken', async () => {
  assert.equal(errorOf(await call(daemon, 'GET', '/v1.99/version'), 400), 'client version 1.99 is too new. Maximum supported API version is 1.55');
  assert.match(errorOf(await call(daemon, 'GET', '/v1.12/version'), 400), /^client version 1\.12 is too old\. Minimum supported API version is 1\.24/);
  for (const version of ['/v1.24', '/v1.50', '/v1.55', '']) {
    const answer = (await call(daemon, 'GET', `${version}/version`)).json();
    assert.deepEqual([answer.Platform.Name, answer.ApiVersion, answer.MinAPIVersion, answer.Os], ['Naru Engine', '1.55', '1.24', 'linux']);
    assert.equal(answer.Components[0].Name, 'Engine');
  }
});

test('info counts what is there and keeps its id over a restart', async () => {
  const info = (await call(daemon, 'GET', '/info')).json();
  assert.deepEqual([info.Containers, info.Images, info.Driver, info.CgroupDriver, info.Labels], [0, 0, 'overlay2', 'cgroupfs', ['a=b']]);
  assert.equal(info.Swarm.LocalNodeState, 'inactive');
  assert.equal(info.DockerRootDir, `${daemon.directory}/data`);
  assert.ok(info.NCPU > 0 && info.MemTotal > 0 && info.NFd > 0);
  await daemon.down();
  await daemon.up();
  assert.equal((await call(daemon, 'GET', '/info')).json().ID, info.ID);
});

test('fields that newer versions dropped are there for older clients', async () => {
  const [older, newer] = [(await call(daemon, 'GET', '/v1.45/info')).json(), (await call(daemon, 'GET', '/v1.50/info')).json()];
  assert.ok('BridgeNfIptables' in older && !('BridgeNfIptables' in newer));
  assert.ok('Expected' in older.RuncCommit && !('Expected' in newer.RuncCommit));
  assert.ok(!('FirewallBackend' in older) && 'FirewallBackend' in newer);
});

test('a node outside a swarm says so', async () => {
  const message = 'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.';
  for (const [method, path] of [['GET', '/swarm'], ['GET', '/nodes'], ['GET', '/services/x'], ['GET', '/tasks'], ['DELETE', '/secrets/x'], ['GET', '/configs']] as const) {
    assert.equal(errorOf(await call(daemon, method, path), 503), message, path);
  }
  assert.equal(errorOf(await call(daemon, 'POST', '/swarm/leave'), 503), 'This node is not part of a swarm');
  assert.deepEqual((await call(daemon, 'GET', '/plugins')).json(), []);
  assert.equal(errorOf(await call(daemon, 'GET', '/plugins/x/json'), 404), 'plugin "x" not found');
});

test('what is not built says so by name, what does not exist is not found', async () => {
  assert.match(errorOf(await call(daemon, 'POST', '/session'), 501), /not implemented: POST \/session/);
  assert.match(errorOf(await call(daemon, 'POST', '/swarm/init', { ListenAddr: '0.0.0.0:2377' }), 501), /not implemented: POST \/swarm\/init/);
  assert.equal(errorOf(await call(daemon, 'GET', '/nowhere'), 404), 'page not found');
  assert.equal(errorOf(await call(daemon, 'PUT', '/version'), 404), 'page not found');
});

test('events come live and again from the store, also after a restart', async () => {
  const since = Math.floor(Date.now() / 1000) - 1;
  await call(daemon, 'POST', '/volumes/create', { Name: 'evented' });
  await call(daemon, 'DELETE', '/volumes/evented');
  const ask = async (query: string) => (await call(daemon, 'GET', `/events?since=${since}&until=${Math.ceil(Date.now() / 1000)}${query}`)).lines().map((event) => `${event.Type} ${event.Action}`);
  assert.deepEqual(await ask(''), ['volume create', 'volume destroy']);
  assert.deepEqual(await ask(`&filters=${encodeURIComponent('{"event":{"destroy":true}}')}`), ['volume destroy']);
  await daemon.down();
  await daemon.up();
  assert.deepEqual(await ask('&filters=%7B%22type%22%3A%5B%22volume%22%5D%7D'), ['volume create', 'volume destroy']);
  assert.match(errorOf(await call(daemon, 'GET', '/events?since=5&until=4'), 400), /cannot be after/);
});

test('Python clients, which ask in the newest version, find what it dropped', async () => {
  const keys = async (path: string, agent: string): Promise<string[]> => Object.keys((await call(daemon, 'GET', path, undefined, { 'User-Agent': agent })).json());
  assert.ok((await keys('/v1.55/system/df', 'docker-sdk-python/7.1.0')).includes('LayersSize'));
  assert.ok((await keys('/system/df', 'docker-compose/1.29.2 docker-py/5.0.3')).includes('LayersSize'));
  assert.ok(!(await keys('/v1.55/system/df', 'Docker-Client/28.2.2 (linux)')).includes('LayersSize'));
});

test('disk usage has every kind, or the kinds that are asked for', async () => {
  const all = (await call(daemon, 'GET', '/v1.51/system/df')).json();
  assert.deepEqual(all, { LayersSize: 0, Images: [], Containers: [], Volumes: [], BuildCache: [] });
  assert.equal((await call(daemon, 'GET', '/v1.51/system/df?type=volume')).json().Images, null);
  const none = { ActiveCount: 0, TotalCount: 0, Reclaimable: 0, TotalSize: 0 };
  const figures = { ImageUsage: none, ContainerUsage: none, VolumeUsage: none, BuildCacheUsage: none };
  assert.deepEqual((await call(daemon, 'GET', '/v1.52/system/df')).json(), { ...all, ...figures });
  assert.deepEqual((await call(daemon, 'GET', '/v1.53/system/df')).json(), figures);
  assert.deepEqual((await call(daemon, 'GET', '/v1.55/system/df?type=volume&verbose=1')).json(), { VolumeUsage: { ...none, Items: [] } });
  assert.equal(errorOf(await call(daemon, 'GET', '/system/df?type=x'), 400), 'unknown object type: x');
});

test('a login to nowhere fails in Docker\'s words', async () => {
  const message = errorOf(await call(daemon, 'POST', '/auth', { username: 'u', password: 'p', serveraddress: 'localhost:1' }), 500);
  assert.equal(message, 'Get "http://localhost:1/v2/": dial tcp 127.0.0.1:1: connect: connection refused');
});
