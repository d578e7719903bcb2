/** Networks of a container that runs: connected, disconnected, and what a daemon killed amid that leaves to the next. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Database } from '#base';
import { createMacvlan, recordNetlink } from '#kernel';
import { recordHost } from './kernel.fake.ts';
import { createNetworks } from './open.ts';
import { noDns, openRoom, request, tcp } from './room.fake.ts';

test('published ports go where the default route goes: a number that was asked for stays, any other is given anew', async (t) => {
  const { networks } = await openRoom(t);
  const id = 'a'.repeat(64);
  const sandbox = { containerId: id, pid: process.pid };
  for (const name of ['aaa', 'ccc']) await networks.create({ name });
  await networks.allocate(request('a', { ports: [tcp(90, 9000), tcp(70, 0)] }));
  await networks.attach(sandbox, noDns);
  const ports = () => networks.endpoints({ containerId: id }).flatMap(({ networkName, ports: its }) => its.filter(({ hostIp }) => hostIp === '0.0.0.0').map(({ containerPort, hostPort }) => ({ networkName, containerPort, hostPort })));
  const [before] = ports().filter(({ containerPort }) => containerPort === 70);
  const { id: first } = await networks.connect(sandbox, (await networks.allocate(request('a', { network: 'aaa' }))).id);
  const taken = ports();
  assert.deepEqual(taken.map(({ networkName, containerPort }) => [networkName, containerPort]), [['aaa', 90], ['aaa', 70]]);
  assert.equal(taken[0]?.hostPort, 9000);
  assert.notEqual(taken[1]?.hostPort, before?.hostPort);
  await networks.disconnect(sandbox, first);
  assert.deepEqual(ports().map(({ networkName, hostPort }) => [networkName, hostPort === 9000 || hostPort !== taken[1]?.hostPort]), [['bridge', true], ['bridge', true]]);
  const settled = ports();
  await networks.connect(sandbox, (await networks.allocate(request('a', { network: 'ccc' }))).id);
  assert.deepEqual(ports(), settled, 'a network that comes later takes nothing');
});

test('a daemon killed amid a disconnect leaves no port behind: the next one publishes it, and visits no other container', async (t) => {
  const db = new Database(':memory:');
  const { networks } = await openRoom(t, db);
  const [sandbox, quiet] = [{ containerId: 'a'.repeat(64), pid: process.pid }, { containerId: 'b'.repeat(64), pid: 4242 }];
  await networks.create({ name: 'aaa' });
  for (const [name, ports] of [['a', [tcp(90, 9000)]], ['b', []]] as const) await networks.allocate(request(name, { ports }));
  for (const each of [sandbox, quiet]) await networks.attach(each, noDns);
  const { id } = await networks.connect(sandbox, (await networks.allocate(request('a', { network: 'aaa' }))).id);
  await networks.close({ keepDataPath: true });
  // As far as the first one came: the seat is gone from the store, and nothing else has happened.
  db.run('INSERT INTO network_values VALUES (?, ?)', `unsettled/${sandbox.containerId}`, JSON.stringify([tcp(90, 9000)]));
  db.run('DELETE FROM network_endpoints WHERE id = ?', id);
  const host = recordHost();
  const second = createNetworks({ db, execRoot: '/run/naru', host });
  t.after(() => second.close({ keepDataPath: true }));
  await second.recover([sandbox, quiet]);
  assert.deepEqual(second.endpoints({ containerId: sandbox.containerId }).map(({ networkName, ports }) => [networkName, ports.map(({ hostPort }) => hostPort)]), [['bridge', [9000, 9000]]]);
  assert.equal(host.journal.some((line) => line.startsWith('sandbox 4242')), false);
  assert.equal(db.get('SELECT 1 FROM network_values WHERE key LIKE ?', 'unsettled/%'), undefined);
});

test('a daemon killed amid a connect leaves a link in the sandbox that is no seat\'s: the next one removes it, and nothing else of its name', async (t) => {
  const sandbox = { containerId: 'a'.repeat(64), pid: process.pid };
  for (const [name, kind, deleted] of [['eth1', 'macvlan', 1], ['eth1', 'veth', 0], ['eth0', 'macvlan', 0]] as const) {
    const db = new Database(':memory:');
    const { networks } = await openRoom(t, db);
    await networks.allocate(request('a'));
    await networks.attach(sandbox, noDns);
    await networks.close({ keepDataPath: true });
    db.run('INSERT INTO network_values VALUES (?, ?)', `unsettled/${sandbox.containerId}`, JSON.stringify({ ports: [], interfaceName: name }));
    const host = recordHost();
    const made = createMacvlan({ name, parent: 1 }, 'bridge');
    const body = Buffer.from(Buffer.from(made.body).toString('latin1').replace('macvlan', kind.padEnd(7, '\0')), 'latin1');
    const inside = recordNetlink(({ about }) => (about.includes(name) ? [{ type: made.type, flags: 0, sequence: 1, body }] : []));
    const second = createNetworks({ db, execRoot: '/run/naru', host: { ...host, inSandbox: (_, work) => work(inside) } });
    t.after(() => second.close({ keepDataPath: true }));
    await second.recover([sandbox]);
    assert.equal(inside.requests.filter(({ about }) => /(?:remove|delete) link/.test(about)).length, deleted, `${name} ${kind}`);
  }
});

test('a network that cannot be joined after all does not keep the default route', async (t) => {
  const { networks, host } = await openRoom(t);
  const sandbox = { containerId: 'a'.repeat(64), pid: process.pid };
  await networks.create({ name: 'aaa' });
  await networks.allocate(request('a'));
  await networks.attach(sandbox, noDns);
  const { id } = await networks.allocate(request('a', { network: 'aaa', ports: [tcp(90, 9000)] }));
  host.netfilter.run = host.nftables.run = () => {
    throw new Error('no');
  };
  host.journal.length = 0;
  await assert.rejects(networks.connect(sandbox, id), /^Error: no$/);
  assert.equal(host.journal.filter((line) => line.endsWith('add route 0.0.0.0/0')).length, 2, 'there, and back');
});

test('ports that the new owner of the default route cannot have stay where they are', async (t) => {
  const { networks, host, warnings } = await openRoom(t);
  const sandbox = { containerId: 'a'.repeat(64), pid: process.pid };
  await networks.create({ name: 'aaa', options: { 'com.docker.network.bridge.host_binding_ipv4': '192.0.2.9' } });
  await networks.allocate(request('a', { ports: [tcp(90, 9000)] }));
  await networks.attach(sandbox, noDns);
  host.ports.add('tcp 192.0.2.9:9000');
  await networks.connect(sandbox, (await networks.allocate(request('a', { network: 'aaa' }))).id);
  assert.deepEqual(networks.endpoints({ containerId: sandbox.containerId }).map(({ networkName, ports }) => [networkName, ports.map(({ hostPort }) => hostPort)]), [['bridge', [9000, 9000]], ['aaa', []]]);
  assert.ok(host.ports.has('tcp 0.0.0.0:9000'));
  assert.deepEqual(warnings, []);
});

test('a change that failed keeps its mark; nothing is kept of a container that has ended', async (t) => {
  const { networks, host, db } = await openRoom(t);
  const sandbox = { containerId: 'a'.repeat(64), pid: process.pid };
  const kept = () => db.all<{ key: string }>("SELECT key FROM network_values WHERE key LIKE 'unsettled/%' OR key LIKE 'dns/%'").map(({ key }) => key);
  await networks.create({ name: 'aaa' });
  await networks.allocate(request('a'));
  await networks.attach(sandbox, noDns);
  const { id } = await networks.allocate(request('a', { network: 'aaa' }));
  const { inSandbox } = host;
  host.inSandbox = () => {
    throw new Error('No such process');
  };
  await assert.rejects(Promise.resolve(sandbox).then((given) => networks.connect(given, id)), /No such process/);
  host.inSandbox = inSandbox;
  assert.deepEqual(kept(), [`unsettled/${sandbox.containerId}`]);
  await networks.release(sandbox.containerId);
  assert.deepEqual(kept(), []);
  for (const key of ['unsettled/b', 'dns/b']) db.run('INSERT INTO network_values VALUES (?, ?)', key, '[]');
  await networks.recover([]);
  assert.deepEqual(kept(), []);
});
