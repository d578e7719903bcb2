/** The room's verbs over a recorded host: what is asked of the kernel, what is stored, what users read. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Database } from '#base';
import { NetlinkError } from '#kernel';
import { recordHost } from './kernel.fake.ts';
import { findNetwork } from './networks/find.ts';
import { createNetworks } from './open.ts';
import type { EndpointRequest, PortBinding } from './port.ts';
import { noDns, openRoom, request, tcp } from './room.fake.ts';
import type { Room } from './room.ts';

test('a new daemon has the three networks, as Docker shows them', async (t) => {
  const { networks } = await openRoom(t);
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
  const { networks, host } = await openRoom(t);
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
  const { networks } = await openRoom(t);
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
  const { networks } = await openRoom(t);
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
  const { networks } = await openRoom(t, new Database(':memory:'), host);
  host.netlink.run = () => {
    throw new Error('no');
  };
  await assert.rejects(networks.create({ name: 'app' }), /no/);
  assert.throws(() => networks.find('app'), /not found/);
});

test('a network in use stays, the predefined ones too', async (t) => {
  const { networks } = await openRoom(t);
  const { id } = await networks.create({ name: 'app' });
  await networks.allocate(request('a', { network: 'app' }));
  await assert.rejects(networks.remove('app'), new RegExp(`^Forbidden: error while removing network: network app id ${id} has active endpoints$`));
  await assert.rejects(networks.remove('bridge'), /^Forbidden: bridge is a pre-defined network and cannot be removed$/);
  await networks.release(request('a').containerId);
  await networks.remove('app');
});

test('an endpoint gets address, mac, names and ports; attaching lays exactly that', async (t) => {
  const { networks, host } = await openRoom(t);
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
  const { networks } = await openRoom(t);
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
  const { networks, host } = await openRoom(t);
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
  const { networks, host } = await openRoom(t);
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
  const { networks, host } = await openRoom(t);
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
    const { networks, host } = await openRoom(t);
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
  const { networks } = await openRoom(t);
  await networks.create({ name: 'app', ipam: { pools: [{ subnet: '10.9.0.0/24' }] } });
  const take = async (rest: Partial<EndpointRequest> = {}) => {
    const { ipv4 } = await networks.allocate(request('a', { network: 'app', ...rest }));
    await networks.release(request('a').containerId);
    return ipv4?.address;
  };
  assert.deepEqual([await take(), await take(), await take({ ipv4Address: '10.9.0.77' }), await take()], ['10.9.0.2', '10.9.0.3', '10.9.0.77', '10.9.0.4']);
});

test('addresses outside the network, taken or exhausted are refused in Docker words', async (t) => {
  const { networks } = await openRoom(t);
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
  const { networks, host } = await openRoom(t);
  host.ports.add('tcp 0.0.0.0:8000');
  host.ports.add('tcp :::32768');
  const numbers = async (name: string, binding: PortBinding) => (await networks.allocate(request(name, { ports: [binding] }))).ports.map(({ hostPort }) => hostPort);
  assert.deepEqual(await numbers('a', tcp(80, 8000, { hostPortEnd: 8002 })), [8001, 8001]);
  assert.deepEqual(await numbers('b', tcp(80, 0)), [32769, 32769]);
  assert.deepEqual(await numbers('c', tcp(80, 0)), [32770, 32770]);
  assert.deepEqual(await numbers('d', tcp(80, 8000, { hostPortEnd: 8002 })), [8002, 8002]);
  await assert.rejects(numbers('e', tcp(80, 8000, { hostPortEnd: 8002 })), /Bind for 0\.0\.0\.0:8000-8002 failed: all ports are allocated$/);
});

test('a seat that cannot be stored leaves no port open', async (t) => {
  const { networks, host, db } = await openRoom(t);
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
  const { networks, host } = await openRoom(t);
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
  const { networks, host } = await openRoom(t);
  const endpoint = await networks.allocate(request('a', { ports: [tcp(80, 8080)] }));
  await networks.attach({ containerId: endpoint.containerId, pid: 42 }, noDns);
  host.netfilter.run = () => {
    throw new Error('No such file or directory');
  };
  await networks.release(endpoint.containerId);
  assert.match(host.nftables.transactions.at(-1) ?? '', /^add table inet/);
});
