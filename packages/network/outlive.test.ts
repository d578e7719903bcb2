/** What the store keeps of networks and seats from one daemon to the next. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Database } from '#base';
import { recordHost } from './kernel.fake.ts';
import { createNetworks } from './open.ts';
import type { Sandbox } from './port.ts';
import { noDns, openRoom, request, tcp } from './room.fake.ts';
import { NetworkStore } from './store.ts';

test('leases outlive a killed daemon for running containers alone', async (t) => {
  const db = new Database(':memory:');
  const first = await openRoom(t, db);
  await first.networks.create({ name: 'app' });
  const kept = await first.networks.allocate(request('a', { network: 'app', ports: [tcp(80, 8080)] }));
  await first.networks.allocate(request('b', { network: 'app' }));
  await first.networks.attach({ containerId: kept.containerId, pid: 42 }, { ...noDns, servers: ['9.9.9.9'] });
  const host = recordHost();
  const networks = createNetworks({ db, execRoot: '/run/naru', host });
  await networks.recover([{ containerId: kept.containerId, pid: 42 }]);
  assert.deepEqual(networks.endpoints({ networkId: kept.networkId }).map(({ id }) => id), [kept.id]);
  assert.deepEqual([...host.ports], ['tcp 0.0.0.0:8080', 'tcp :::8080']);
  assert.match(host.nftables.transactions.at(-1) ?? '', /any4 \{ 6 \. 8080 : 172\.18\.0\.2 \. 80 \}/);
  await first.networks.close({ keepDataPath: true });
  await networks.close({ keepDataPath: true });
});

test('a seat is stored once its interface is laid, and with it the address after which the next one is sought', async (t) => {
  const { networks, db } = await openRoom(t);
  const { id } = await networks.create({ name: 'app' });
  const stored = () => ({
    seats: db.all<{ id: string }>('SELECT id FROM network_endpoints').map((row) => row.id),
    cursor: db.get<{ value: string }>('SELECT value FROM network_values WHERE key = ?', `cursor/${id}/4`)?.value,
  });
  const a = await networks.allocate(request('a', { network: 'app' }));
  const b = await networks.allocate(request('b', { network: 'app' }));
  assert.deepEqual(stored(), { seats: [], cursor: undefined });
  await networks.attach({ containerId: a.containerId, pid: 42 }, noDns);
  assert.deepEqual(stored(), { seats: [a.id], cursor: '172.18.0.3' });
  await networks.release(b.containerId);
  const c = await networks.allocate(request('c', { network: 'app' }));
  assert.deepEqual([b.ipv4?.address, c.ipv4?.address], ['172.18.0.3', '172.18.0.4']);
  await networks.release(a.containerId);
  assert.deepEqual(stored(), { seats: [], cursor: '172.18.0.3' });
});

test('what running containers lost while no daemon was there is looked for at the start', async (t) => {
  const { networks, db } = await openRoom(t);
  const { containerId } = await networks.allocate(request('a'));
  await networks.attach({ containerId, pid: 42 }, noDns);
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const looks = async (running: readonly Sandbox[]): Promise<boolean> => {
    const { networks: next, host } = await openRoom(t, db, recordHost(), running);
    const asked: string[] = [];
    t.mock.method(host.netlink, 'query', ({ about }: { about: string }) => (asked.push(about), []));
    t.mock.timers.tick(100);
    await next.close({ keepDataPath: true });
    return asked.includes('list links');
  };
  assert.equal(await looks([{ containerId, pid: 42 }]), true);
  assert.equal(await looks([]), false);
});

test('seats that an older daemon has stored are there, and their addresses are theirs alone', () => {
  const db = new Database(':memory:');
  db.migrate('network', [`CREATE TABLE network_networks (id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, record TEXT NOT NULL) STRICT;
    CREATE TABLE network_endpoints (id TEXT PRIMARY KEY, network_id TEXT NOT NULL REFERENCES network_networks (id), container_id TEXT NOT NULL, ipv4 TEXT, ipv6 TEXT, record TEXT NOT NULL) STRICT;
    CREATE TABLE network_values (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT`]);
  db.run('INSERT INTO network_networks VALUES (?, ?, ?)', 'n', 'app', '{"id":"n","name":"app"}');
  for (const [id, ipv4, ipv6] of [['a', '10.0.0.2', 'fd00::2'], ['b', null, null]] as const) {
    db.run('INSERT INTO network_endpoints VALUES (?, ?, ?, ?, ?, ?)', id, 'n', id, ipv4, ipv6, JSON.stringify({ id, networkId: 'n', containerId: id }));
  }
  assert.deepEqual(new NetworkStore(db).endpointsOfNetwork('n').map(({ id }) => id), ['a', 'b']);
  const seat = (container: string, ipv4: string | null, ipv6: string | null) => db.run('INSERT INTO network_endpoints VALUES (?, ?, ?, ?, ?, ?)', 'c', 'n', container, ipv4, ipv6, '{}');
  assert.throws(() => seat('a', null, null), /UNIQUE constraint failed: network_endpoints.network_id, network_endpoints.container_id/);
  assert.throws(() => seat('c', '10.0.0.2', null), /UNIQUE constraint failed: network_endpoints.network_id, network_endpoints.ipv4/);
  assert.throws(() => seat('c', null, 'fd00::2'), /UNIQUE constraint failed: network_endpoints.network_id, network_endpoints.ipv6/);
  seat('c', null, null);
});
