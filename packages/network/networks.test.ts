/** The room's verbs over a recorded host: what is asked of the kernel, what is stored, what users read. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { Database } from '#base';
import { createMacvlan, NetlinkError, recordNetlink } from '#kernel';
import { createNetworks } from './open.ts';
import { recordHost } from './kernel.fake.ts';
import { findNetwork } from './networks/find.ts';
import type { EndpointRequest, PortBinding, Sandbox } from './port.ts';
import type { Room } from './room.ts';
import { NetworkStore } from './store.ts';

/** Closed after the test, however it ends: open resolvers would keep the process. */
async function open(t: TestContext, db = new Database(':memory:'), host = recordHost(), running: readonly Sandbox[] = []) {
  const warnings: string[] = [];
  const networks = createNetworks({ db, execRoot: '/run/naru', host, warn: (message) => void warnings.push(message) });
  t.after(() => networks.close({ keepDataPath: true }));
  await networks.recover(running);
  host.journal.length = 0;
  host.nftables.transactions.length = 0;
  return { networks, host, db, warnings };
}

const request = (name: string, rest: Partial<EndpointRequest> = {}): EndpointRequest => ({ containerId: name.repeat(64).slice(0, 64), containerName: name, network: 'bridge', aliases: [], ports: [], ...rest });
const tcp = (containerPort: number, hostPort: number, rest: Partial<PortBinding> = {}): PortBinding => ({ protocol: 'tcp', containerPort, hostIp: '', hostPort, hostPortEnd: hostPort, ...rest });
const noDns = { servers: [], search: [], options: [] };

test('a new daemon has the three networks, as Docker shows them', async (t) => {
  const { networks } = await open(t);
  assert.deepEqual(networks.list().map(({ name, driver }) => [name, driver]), [['none', 'null'], ['host', 'host'], ['bridge', 'bridge']]);
  const bridge = networks.find('bridge');
  assert.deepEqual(bridge.ipam.pools, [{ subnet: '172.17.0.0/16', ipRange: '', gateway: '172.17.0.1', auxiliary: {}, isDefault: true, isGatewayDefault: true }]);
  assert.deepEqual(bridge.options, {
    'com.docker.network.bridge.default_bridge': 'true',
    'com.docker.network.bridge.enable_icc': 'true',
    'com.docker.network.bridge.enable_ip_masquerade': 'true',
    'com.docker.network.bridge.host_binding_ipv4': '0.0.0.0',
    'com.docker.network.bridge.name': 'naru0',
    'com.docker.network.driver.mtu': '1500',
  });
});

test('a daemon may do without the default network, and have it again', async () => {
  const db = new Database(':memory:');
  const names = async (bridge: string | undefined): Promise<string[]> => {
    const networks = createNetworks({ db, execRoot: '/run/naru', host: recordHost(), defaults: bridge === undefined ? {} : { bridge } });
    await networks.recover([]);
    await networks.close({ keepDataPath: true });
    return networks.list().map(({ name }) => name);
  };
  assert.deepEqual(await names(undefined), ['none', 'host', 'bridge']);
  assert.deepEqual(await names('none'), ['none', 'host']);
  assert.deepEqual(await names(undefined), ['none', 'host', 'bridge']);
});

test('forwarding is switched on, and back when the daemon closes', async (t) => {
  const { networks, host } = await open(t);
  assert.equal(host.sysctls.get('net/ipv4/ip_forward'), '1');
  await networks.close({ keepDataPath: false });
  assert.equal(host.sysctls.get('net/ipv4/ip_forward'), '0');
});

test('other options for the default network are taken at the next start, unless a container still uses it', async (t) => {
  const db = new Database(':memory:');
  const start = async (bip: string, running: readonly { containerId: string; pid: number }[]) => {
    const networks = createNetworks({ db, execRoot: '/run/naru', host: recordHost(), defaults: { bip } });
    t.after(() => networks.close({ keepDataPath: true }));
    await networks.recover(running);
    return networks;
  };
  const first = await start('10.1.0.1/24', []);
  const seat = await first.allocate(request('a'));
  await first.attach({ containerId: seat.containerId, pid: 42 }, noDns);
  const second = await start('10.2.0.9/24', [{ containerId: seat.containerId, pid: 42 }]);
  assert.equal(second.find('bridge').ipam.pools[0]?.subnet, '10.1.0.0/24');
  const third = await start('10.2.0.9/24', []);
  assert.deepEqual(third.find('bridge').ipam.pools, [{ subnet: '10.2.0.0/24', ipRange: '', gateway: '10.2.0.9', auxiliary: {} }]);
});

test('networks are found by name, id and unambiguous prefix', async (t) => {
  const { networks } = await open(t);
  const { id } = await networks.create({ name: 'app' });
  assert.equal(networks.find('app').id, id);
  assert.equal(networks.find(id.slice(0, 12)).id, id);
  assert.throws(() => networks.find('ghost'), /^NotFound: network ghost not found$/);
  assert.throws(() => networks.find(''), /^NotFound: network {2}not found$/);
});

test('a network is found by its id without a list of all', () => {
  const known = { id: 'a'.repeat(64) };
  const store = { network: (id: string) => (id === known.id ? known : undefined), networks: () => assert.fail('all networks were listed') };
  assert.equal(findNetwork({ store } as unknown as Room, known.id), known);
});

test('what cannot be created is refused in Docker words', async (t) => {
  const { networks } = await open(t);
  await networks.create({ name: 'app', ipam: { pools: [{ subnet: '10.9.0.0/24' }] } });
  await assert.rejects(networks.create({ name: 'app' }), /^Conflict: network with name app already exists$/);
  await assert.rejects(networks.create({ name: 'host' }), /^Forbidden: operation is not permitted on predefined host network $/);
  await assert.rejects(networks.create({ name: 'x', driver: 'zzz' }), /^NotFound: plugin "zzz" not found$/);
  await assert.rejects(networks.create({ name: 'x', driver: 'overlay' }), /^Forbidden: This node is not a swarm manager\./);
  await assert.rejects(networks.create({ name: 'x', ipam: { pools: [{ subnet: '10.9.0.128/25' }] } }), /^Forbidden: Pool overlaps with other one on this address space$/);
  await assert.rejects(networks.create({ name: 'x', enableIPv6: true, ipam: { pools: [{ subnet: 'fe80::/63' }] } }), /^InvalidArgument: clash with the Link-Local prefix 'fe80::\/64'$/);
  await assert.rejects(networks.create({ name: 'x', ipam: { pools: [{ subnet: 'foo' }] } }), /^InvalidArgument: invalid network config:\ninvalid subnet foo: invalid CIDR block notation$/);
  const told = { 'com.docker.network.advertise_addr_nmsgs': 'often', 'com.docker.network.advertise_addr_ms': '99' };
  const refusal = /^Internal: value for option com\.docker\.network\.advertise_addr_nmsgs "often" must be an integer\ncom\.docker\.network\.advertise_addr_ms must be in the range 100 to 2000$/;
  for (const configOnly of [false, true]) await assert.rejects(networks.create({ name: 'loud', options: told, configOnly }), refusal);
  assert.equal(networks.list().length, 4, 'nothing half-made');
});

test('a network whose bridge cannot be laid is not stored', async (t) => {
  const host = recordHost();
  const { networks } = await open(t, new Database(':memory:'), host);
  host.netlink.run = () => {
    throw new Error('no');
  };
  await assert.rejects(networks.create({ name: 'app' }), /no/);
  assert.throws(() => networks.find('app'), /not found/);
});

test('a network in use stays, the predefined ones too', async (t) => {
  const { networks } = await open(t);
  const { id } = await networks.create({ name: 'app' });
  await networks.allocate(request('a', { network: 'app' }));
  await assert.rejects(networks.remove('app'), new RegExp(`^Forbidden: error while removing network: network app id ${id} has active endpoints$`));
  await assert.rejects(networks.remove('bridge'), /^Forbidden: bridge is a pre-defined network and cannot be removed$/);
  await networks.release(request('a').containerId);
  await networks.remove('app');
});

test('an endpoint gets address, mac, names and ports; attaching lays exactly that', async (t) => {
  const { networks, host } = await open(t);
  await networks.create({ name: 'app' });
  host.journal.length = 0;
  host.nftables.transactions.length = 0;
  const endpoint = await networks.allocate(request('a', { network: 'app', aliases: ['alias'], hostname: 'box', ports: [tcp(80, 8080)] }));
  assert.equal(endpoint.ipv4?.address, '172.18.0.2');
  assert.equal(endpoint.macAddress, '02:42:ac:12:00:02');
  assert.deepEqual(endpoint.dnsNames, ['a', 'alias', 'aaaaaaaaaaaa', 'box']);
  assert.deepEqual(endpoint.ports.map(({ hostIp, hostPort }) => [hostIp, hostPort]), [['0.0.0.0', 8080], ['::', 8080]]);
  assert.deepEqual([...host.ports], ['tcp 0.0.0.0:8080', 'tcp :::8080']);
  assert.equal(host.journal.length, 0, 'nothing opens before the container is there');
  const [attached] = await networks.attach({ containerId: endpoint.containerId, pid: 42 }, noDns);
  assert.equal(attached?.interfaceName, 'eth0');
  const table = /naru_[0-9a-f]{8}/.exec(host.journal.join('\n'))?.[0];
  assert.deepEqual(host.journal.filter((line) => !line.startsWith('netfilter in')), [
    'sysctl net/ipv6/conf/default/disable_ipv6=1',
    `host: add link nr${endpoint.id.slice(0, 12)}`,
    'sandbox 42: set link 1',
    'sandbox 42: add address 172.18.0.2/16',
    'sandbox 42: set link 0',
    'sandbox 42: add route 0.0.0.0/0',
    `netfilter: elements of inet ${table} any4`,
    `netfilter: elements of ip ${table} any`,
    'sysctl net/ipv6/conf/default/disable_ipv6=0',
  ]);
  assert.ok(host.journal.includes('netfilter in sandbox 42: table naru_dns'));
  host.journal.length = 0;
  await networks.release(endpoint.containerId);
  assert.deepEqual([...host.ports], []);
  assert.deepEqual(host.journal, [`netfilter: elements of inet ${table} any4`, `netfilter: elements of ip ${table} any`]);
  assert.deepEqual(networks.endpoints({ containerId: endpoint.containerId }), []);
  await networks.close({ keepDataPath: false });
});

test('networks with gateways of both families come before those with one, and these before internal ones, unless a priority says otherwise', async (t) => {
  const { networks } = await open(t);
  await networks.create({ name: 'a-internal', internal: true, ipam: { pools: [{ subnet: '10.1.0.0/24' }] } });
  await networks.create({ name: 'b-single', ipam: { pools: [{ subnet: '10.2.0.0/24' }] } });
  await networks.create({ name: 'c-dual', enableIPv6: true, ipam: { pools: [{ subnet: '10.3.0.0/24' }, { subnet: 'fd00:3::/64' }] } });
  const interfaces = async (name: string, first?: string) => {
    for (const network of ['a-internal', 'b-single', 'c-dual']) await networks.allocate(request(name, { network, ...(network === first && { gatewayPriority: 1 }) }));
    return (await networks.attach({ containerId: request(name).containerId, pid: 42 }, noDns)).map(({ networkName, interfaceName }) => `${interfaceName} ${networkName}`);
  };
  assert.deepEqual(await interfaces('a'), ['eth0 c-dual', 'eth1 b-single', 'eth2 a-internal']);
  assert.deepEqual(await interfaces('b', 'b-single'), ['eth0 b-single', 'eth1 c-dual', 'eth2 a-internal']);
});

test('an endpoint that is disconnected while its interface is made leaves none, the others are laid', async (t) => {
  const { networks, host } = await open(t);
  await networks.create({ name: 'app' });
  const gone = await networks.allocate(request('a'));
  const kept = await networks.allocate(request('a', { network: 'app' }));
  const { run } = host.links;
  host.links.run = async (...requests) => {
    await networks.disconnect(undefined, gone.id);
    await run(...requests);
  };
  const attached = await networks.attach({ containerId: gone.containerId, pid: 42 }, noDns);
  assert.deepEqual(attached.map(({ id }) => id), [kept.id]);
  assert.deepEqual(networks.endpoints({ containerId: gone.containerId }).map(({ id, interfaceName }) => [id, interfaceName]), [[kept.id, attached[0]?.interfaceName]]);
  assert.deepEqual(host.journal.filter((line) => /^sandbox.*add address/.test(line)), [`sandbox 42: add address ${kept.ipv4?.address}/16`]);
  await networks.close({ keepDataPath: false });
});

test('interfaces that did not go with their namespaces are found without a question of the kernel\'s links, and go in a thread', async (t) => {
  const { networks, host } = await open(t);
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const [gone, kept] = [await networks.allocate(request('a')), await networks.allocate(request('b'))];
  for (const { containerId } of [gone, kept]) await networks.attach({ containerId, pid: 42 }, noDns);
  for (const { containerId } of [gone, kept]) await networks.release(containerId);
  host.names.add(`nr${kept.id.slice(0, 12)}`);
  const removed: string[] = [];
  host.links.run = async (...requests) => void removed.push(...requests.map(({ about }) => about));
  host.netlink.query = () => assert.fail('it waits for whoever changes links');
  t.mock.timers.tick(1000);
  assert.deepEqual(removed, [`delete link nr${kept.id.slice(0, 12)}`]);
  host.names.add(`nr${gone.id.slice(0, 12)}`);
  t.mock.timers.tick(1000);
  assert.deepEqual(removed.slice(1), [`delete link nr${gone.id.slice(0, 12)}`], 'passed over by the first look');
});

test('neighbours are told of an address three times where they may know another, or as the network says, until its endpoint is gone', async (t) => {
  const { networks, host } = await open(t);
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const advertise = (nmsgs: string, ms: string) => ({ 'com.docker.network.advertise_addr_nmsgs': nmsgs, 'com.docker.network.advertise_addr_ms': ms });
  await networks.create({ name: 'often', options: advertise('2', '100'), ipam: { pools: [{ subnet: '10.1.0.0/24' }] } });
  await networks.create({ name: 'dual', enableIPv6: true, ipam: { pools: [{ subnet: '10.2.0.0/24' }, { subnet: 'fd00:2::/64' }] } });
  await networks.create({ name: 'never', options: advertise('0', '100') });
  for (const [name, network] of [['a', 'dual'], ['b', 'often'], ['c', 'never'], ['d', 'bridge'], ['e', 'bridge']] as const) {
    await networks.attach({ containerId: (await networks.allocate(request(name, { network, ...(['c', 'd'].includes(name) && { macAddress: '02:00:00:00:00:0d' }) }))).containerId, pid: 42 }, noDns);
  }
  const told = () => host.journal.splice(0).filter((line) => line.startsWith('announce '));
  assert.deepEqual(told(), [], 'not before the start goes on');
  const [a, b, d] = ['announce 10.2.0.2 and fd00:2::2 at 02:42:0a:02:00:02', 'announce 10.1.0.2 at 02:42:0a:01:00:02', 'announce 172.17.0.2 at 02:00:00:00:00:0d'];
  t.mock.timers.tick(1);
  assert.deepEqual(told(), [a, b, d]);
  t.mock.timers.tick(500);
  assert.deepEqual(told(), [b]);
  await networks.release(request('d').containerId);
  for (const _ of [1, 2, 3]) t.mock.timers.tick(1000);
  assert.deepEqual([told(), [...host.announcing]], [[a, a], []]);
});

test('the host answers for neighbours as soon as a link has both its ends, whichever comes first', async (t) => {
  for (const order of [['a', 'b'], ['b', 'a']] as const) {
    const { networks, host } = await open(t);
    await networks.create({ name: 'shy', options: { 'com.docker.network.bridge.enable_icc': 'false' } });
    const reaches = [{ containerId: request('b').containerId, protocol: 'tcp' as const, port: 80 }];
    for (const name of order) {
      const { containerId } = await networks.allocate(request(name, { network: 'shy', ...(name === 'a' && { reaches }) }));
      assert.ok(!host.journal.some((line) => line.includes('proxy_arp_pvlan')), `${order}: no link yet`);
      await networks.attach({ containerId, pid: 42 }, noDns);
    }
    assert.ok(host.journal.some((line) => line.endsWith('proxy_arp_pvlan=1')), `${order}: ${host.journal.join('\n')}`);
    assert.ok(host.journal.some((line) => line.endsWith(' linked4')));
    await networks.close({ keepDataPath: false });
  }
});

test('a restarted container gets a new address, one that asked gets its own', async (t) => {
  const { networks } = await open(t);
  await networks.create({ name: 'app', ipam: { pools: [{ subnet: '10.9.0.0/24' }] } });
  const take = async (rest: Partial<EndpointRequest> = {}) => {
    const { ipv4 } = await networks.allocate(request('a', { network: 'app', ...rest }));
    await networks.release(request('a').containerId);
    return ipv4?.address;
  };
  assert.deepEqual([await take(), await take(), await take({ ipv4Address: '10.9.0.77' }), await take()], ['10.9.0.2', '10.9.0.3', '10.9.0.77', '10.9.0.4']);
});

test('addresses outside the network, taken or exhausted are refused in Docker words', async (t) => {
  const { networks } = await open(t);
  const { id } = await networks.create({ name: 'tiny', ipam: { pools: [{ subnet: '10.9.0.0/30' }] } });
  await assert.rejects(networks.allocate(request('a', { network: 'tiny', ipv4Address: '10.99.0.1' })), /^InvalidArgument: invalid config for network tiny: invalid endpoint settings:\nno configured subnet or ip-range contain the IP address 10\.99\.0\.1$/);
  await assert.rejects(networks.allocate(request('a', { ipv4Address: '172.17.0.9' })), /user specified IP address is supported on user defined networks only/);
  await networks.allocate(request('a', { network: 'tiny' }));
  await assert.rejects(networks.allocate(request('b', { network: 'tiny', ipv4Address: '10.9.0.2' })), /^Forbidden: Address already in use$/);
  for (const nobodys of ['10.9.0.0', '10.9.0.1', '10.9.0.3']) {
    await assert.rejects(networks.allocate(request('b', { network: 'tiny', ipv4Address: nobodys })), /^Forbidden: Address already in use$/, nobodys);
  }
  await assert.rejects(networks.allocate(request('b', { network: 'tiny' })), new RegExp(`no available IPv4 addresses on this network's address pools: tiny \\(${id}\\)$`));
});

test('ranges and unnamed ports find a free number on every address', async (t) => {
  const { networks, host } = await open(t);
  host.ports.add('tcp 0.0.0.0:8000');
  host.ports.add('tcp :::32768');
  const numbers = async (name: string, binding: PortBinding) => (await networks.allocate(request(name, { ports: [binding] }))).ports.map(({ hostPort }) => hostPort);
  assert.deepEqual(await numbers('a', tcp(80, 8000, { hostPortEnd: 8002 })), [8001, 8001]);
  assert.deepEqual(await numbers('b', tcp(80, 0)), [32769, 32769]);
  assert.deepEqual(await numbers('c', tcp(80, 0)), [32770, 32770]);
  assert.deepEqual(await numbers('d', tcp(80, 8000, { hostPortEnd: 8002 })), [8002, 8002]);
  await assert.rejects(numbers('e', tcp(80, 8000, { hostPortEnd: 8002 })), /Bind for 0\.0\.0\.0:8000-8002 failed: all ports are allocated$/);
});

test('leases outlive a killed daemon for running containers alone', async (t) => {
  const db = new Database(':memory:');
  const first = await open(t, db);
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
  const { networks, db } = await open(t);
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
  const { networks, db } = await open(t);
  const { containerId } = await networks.allocate(request('a'));
  await networks.attach({ containerId, pid: 42 }, noDns);
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const looks = async (running: readonly Sandbox[]): Promise<boolean> => {
    const { networks: next, host } = await open(t, db, recordHost(), running);
    const asked: string[] = [];
    t.mock.method(host.netlink, 'query', ({ about }: { about: string }) => (asked.push(about), []));
    t.mock.timers.tick(100);
    await next.close({ keepDataPath: true });
    return asked.includes('list links');
  };
  assert.equal(await looks([{ containerId, pid: 42 }]), true);
  assert.equal(await looks([]), false);
});

test('a seat that cannot be stored leaves no port open', async (t) => {
  const { networks, host, db } = await open(t);
  const { containerId } = await networks.allocate(request('a', { ports: [tcp(80, 8080)] }));
  const run = db.run.bind(db);
  t.mock.method(db, 'run', (sql: string, ...values: never[]) => {
    if (sql.startsWith('INSERT INTO network_endpoints')) throw new Error('database or disk is full');
    return run(sql, ...values);
  });
  const opened: string[] = [];
  t.mock.method(host.netfilter, 'run', (...requests: readonly { type: number; about: string }[]) => void opened.push(...requests.map(({ type, about }) => `${type & 0xff} ${about}`)));
  await assert.rejects(networks.attach({ containerId, pid: 42 }, noDns), /disk is full/);
  const [NEWSETELEM, DELSETELEM] = [12, 14];
  const of = (type: number) => opened.filter((line) => line.startsWith(`${type} `)).map((line) => line.slice(3));
  assert.equal(of(NEWSETELEM).length, 2);
  assert.deepEqual(of(DELSETELEM), of(NEWSETELEM));
  await networks.release(containerId);
});

test('the settings of a bridge that was made again for a container are looked after', async (t) => {
  const { networks, host } = await open(t);
  await networks.create({ name: 'app' });
  const watched: string[] = [];
  t.mock.method(host, 'watchSysctl', (name: string) => (watched.push(name), { [Symbol.dispose]: () => void watched.splice(watched.indexOf(name), 1) }));
  const { interfaceName } = networks.find('app');
  await networks.create({ name: 'other' }); // as those of a new one are
  assert.deepEqual(watched.length, 1);
  const { containerId } = await networks.allocate(request('a', { network: 'app' }));
  const { run } = host.links;
  let refused = false;
  host.links.run = async (...requests) => {
    const [first] = requests;
    const isRefused = first && !refused;
    refused = true;
    if (isRefused) throw new NetlinkError(first, 22, ''); // EINVAL: its bridge is gone
    await run(...requests);
  };
  await networks.attach({ containerId, pid: 42 }, noDns);
  assert.ok(watched.includes(`net/ipv4/conf/${interfaceName}/route_localnet`), watched.join());
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

test('a kernel that cannot have the guard publishes as Docker does, and says so', async () => {
  const host = recordHost();
  const run = host.nftables.run;
  host.nftables.run = (commands) => {
    if (commands.includes('dup to')) throw new Error('Operation not supported');
    run(commands);
  };
  const warnings: string[] = [];
  const networks = createNetworks({ db: new Database(':memory:'), execRoot: '/run/naru', host, warn: (message) => void warnings.push(message) });
  await networks.recover([]);
  assert.deepEqual(warnings, ['the input policy of this host cannot guard published ports: Operation not supported']);
  assert.ok(host.nftables.transactions.at(-1)?.includes('    jump published\n'));
  await networks.close({ keepDataPath: false });
});

test('a table that somebody flushed is laid anew', async (t) => {
  const { networks, host } = await open(t);
  const endpoint = await networks.allocate(request('a', { ports: [tcp(80, 8080)] }));
  await networks.attach({ containerId: endpoint.containerId, pid: 42 }, noDns);
  host.netfilter.run = () => {
    throw new Error('No such file or directory');
  };
  await networks.release(endpoint.containerId);
  assert.match(host.nftables.transactions.at(-1) ?? '', /^add table inet/);
});

test('published ports go where the default route goes: a number that was asked for stays, any other is given anew', async (t) => {
  const { networks } = await open(t);
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
  const { networks } = await open(t, db);
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
    const { networks } = await open(t, db);
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
  const { networks, host } = await open(t);
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
  const { networks, host, warnings } = await open(t);
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
  const { networks, host, db } = await open(t);
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
