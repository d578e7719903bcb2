/** Volumes over the API, on real directories and in a real container. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { call, errorOf } from '../support/api.ts';
import { Daemon } from '../support/daemon.ts';
import { importBusybox } from '../support/images.ts';

let daemon: Daemon;
before(async () => {
  daemon = await Daemon.start();
});
after(() => daemon?.[Symbol.asyncDispose]());

const names = async (filters: object) =>
  (await call(daemon, 'GET', `/volumes?filters=${encodeURIComponent(JSON.stringify(filters))}`)).json().Volumes.map((volume: { Name: string }) => volume.Name);

test('a volume is made once, found by name, label and driver, and removed with its directory', async () => {
  const made = (await call(daemon, 'POST', '/volumes/create', { Name: 'data', Labels: { tier: 'db' } })).json();
  assert.deepEqual([made.Name, made.Driver, made.Scope, made.Options, made.Labels], ['data', 'local', 'local', null, { tier: 'db' }]);
  assert.ok(existsSync(made.Mountpoint));
  assert.equal((await call(daemon, 'POST', '/volumes/create', { Name: 'data' })).status, 201);
  assert.deepEqual(await names({ name: ['da'] }), ['data']);
  assert.deepEqual(await names({ label: ['tier=db'], driver: ['local'] }), ['data']);
  assert.deepEqual(await names({ label: ['tier=web'] }), []);
  assert.equal(errorOf(await call(daemon, 'GET', '/volumes?filters={"foo":["x"]}'), 400), "invalid filter 'foo'");
  assert.equal((await call(daemon, 'DELETE', '/volumes/data')).status, 204);
  assert.ok(!existsSync(made.Mountpoint));
});

test('what cannot be made is refused in Docker\'s words', async () => {
  const refused: [object, number, RegExp][] = [
    [{ Name: 'bad/name' }, 400, /^create bad\/name: "bad\/name" includes invalid characters for a local volume name/],
    [{ Name: 'a' }, 400, /^create a: volume name is too short/],
    [{ Name: 'xx', Driver: 'nope' }, 404, /^create xx: error looking up volume plugin nope: plugin "nope" not found$/],
    [{ Name: 'xx', DriverOpts: { foo: 'bar' } }, 400, /^create xx: invalid option: "foo"$/],
  ];
  for (const [body, status, message] of refused) assert.match(errorOf(await call(daemon, 'POST', '/volumes/create', body), status), message);
  assert.equal(errorOf(await call(daemon, 'GET', '/volumes/ghost'), 404), 'get ghost: no such volume');
  assert.deepEqual(await names({}), []);
});

test('a volume in use stays; prune takes anonymous ones, with all the named ones', async () => {
  await importBusybox(daemon, 'docker', 'busybox:latest');
  const body = { Image: 'busybox', Cmd: ['true'], HostConfig: { Binds: ['used:/d'] }, Volumes: { '/anonymous': {} } };
  const { Id } = (await call(daemon, 'POST', '/containers/create', body)).json();
  assert.equal(errorOf(await call(daemon, 'DELETE', '/volumes/used?force=1'), 409), `remove used: volume is in use - [${Id}]`);
  await call(daemon, 'POST', '/volumes/create', { Name: 'idle' });
  await call(daemon, 'POST', '/volumes/create', {});
  assert.deepEqual(await names({ dangling: ['false'] }).then((used: string[]) => used.length), 2);
  const pruned = (await call(daemon, 'POST', '/volumes/prune')).json().VolumesDeleted;
  assert.equal(pruned.length, 1);
  assert.match(pruned[0], /^[0-9a-f]{64}$/);
  assert.deepEqual((await call(daemon, 'POST', '/volumes/prune?filters={"all":["1"]}')).json().VolumesDeleted, ['idle']);
  assert.equal((await call(daemon, 'DELETE', `/containers/${Id}?v=1`)).status, 204);
  assert.deepEqual(await names({}), ['used']);
  const usage = (await call(daemon, 'GET', '/system/df?type=volume&verbose=1')).json().VolumeUsage.Items[0].UsageData;
  assert.equal(usage.RefCount, 0);
});
