/** What network drivers and their options do, seen from inside the containers and from the host. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { test } from 'node:test';
import { ok, run, until } from '../support/command.ts';
import { freePort, twoFreePorts } from '../support/ports.ts';
import { fetchCommand, NetworkWorld, noDns, Sandbox, wire } from '../support/sandbox.ts';

const BRIDGE = 'com.docker.network.bridge.';
const port = (protocol: 'tcp' | 'udp' | 'sctp', containerPort: number, hostPort: number, hostIp = '') => ({ protocol, containerPort, hostIp, hostPort, hostPortEnd: hostPort });

async function open(): Promise<NetworkWorld> {
  const world = new NetworkWorld();
  await world.networks.recover([]);
  return world;
}

/** Asks again each second: a machine under load may lose a packet. */
async function pings(from: Sandbox, address: string, seconds = 20): Promise<boolean> {
  return (await from.sh(`ping -c 1 -w ${seconds} ${address}`)).code === 0;
}

/** The page at an address of the host; undefined when nobody answers. */
async function page(address: string, number: number): Promise<string | undefined> {
  return /\r?\n\r?\n([^]*)/.exec((await run('sh', ['-c', fetchCommand(address, number, 60)])).stdout)?.[1]?.trim();
}

const pool = { subnet: '10.66.0.0/24', gateway: '10.66.0.1' };

for (const [mode, siblings] of [['bridge', true], ['private', false], ['vepa', false]] as const) {
  test(`macvlan in mode ${mode}: everyone reaches the wire, siblings ${siblings ? 'too' : 'do not'}`, async () => {
    await using world = await open();
    await using _neighbour = await wire();
    await world.networks.create({ name: 'wire', driver: 'macvlan', options: { parent: 'nrtest-up', macvlan_mode: mode }, ipam: { pools: [pool] } });
    const [a, b] = [await world.attach('a', { network: 'wire' }), await world.attach('b', { network: 'wire' })];
    assert.ok(await pings(a, '10.66.0.1'));
    assert.equal(await pings(a, world.addressOf(b), siblings ? 20 : 1), siblings);
    await assert.rejects(world.networks.create({ name: 'alone', driver: 'macvlan', options: { parent: 'nrtest-up', macvlan_mode: 'passthru' } }), /^Internal: cannot use mode passthru, macvlan network [0-9a-f]{64} is already using parent interface nrtest-up$/);
  });
}

test('macvlan in mode passthru has its parent alone', async () => {
  await using world = await open();
  await using _neighbour = await wire();
  await world.networks.create({ name: 'alone', driver: 'macvlan', options: { parent: 'nrtest-up', macvlan_mode: 'passthru' }, ipam: { pools: [pool] } });
  assert.ok(await pings(await world.attach('a', { network: 'alone' }), '10.66.0.1'));
  await assert.rejects(world.networks.create({ name: 'second', driver: 'macvlan', options: { parent: 'nrtest-up' } }), /already using parent interface nrtest-up in mode passthru$/);
});

test('a VLAN parent is made and removed with its network, or refused with the reason', async () => {
  await using world = await open();
  await using _neighbour = await wire();
  const supported = (await run('sh', ['-c', 'ip link add nrtest-vlan link nrtest-up type vlan id 9 && ip link del nrtest-vlan'])).code === 0;
  const made = world.networks.create({ name: 'tagged', driver: 'macvlan', options: { parent: 'nrtest-up.10' } });
  if (supported) {
    await made;
    assert.match(await ok('ip', ['-d', 'link', 'show', 'nrtest-up.10']), /vlan protocol 802.1Q id 10/);
    await world.networks.remove('tagged');
  } else await assert.rejects(made, /^Internal: failed to create nrtest-up\.10 vlan link: the kernel of this host has no VLANs \(CONFIG_VLAN_8021Q\)$/);
  assert.notEqual((await run('ip', ['link', 'show', 'nrtest-up.10'])).code, 0);
  const refusals: [parent: string, words: RegExp][] = [
    ['nrtest-up.x', /unable to parse a valid vlan id from: x/], ['nrtest-up.4095', /vlan id must be between 1-4094, received: 4095/],
    ['nowhere.10', /-o parent interface was not found on the host: nowhere/], ['lo', /loopback interface is not a valid macvlan parent link/],
  ];
  for (const [parent, words] of refusals) await assert.rejects(world.networks.create({ name: 'bad', driver: 'macvlan', options: { parent } }), words);
  assert.ok(!world.networks.list().some(({ name }) => name === 'bad' || (name === 'tagged')));
});

test('one flag gives both families; --ipv4=false leaves one; a network may have several subnets', async () => {
  await using world = await open();
  const dual = await world.networks.create({ name: 'dual', enableIPv6: true });
  assert.match(dual.ipam.pools[1]?.subnet ?? '', /^fd[0-9a-f:]+::\/64$/);
  const six = await world.networks.create({ name: 'six', enableIPv4: false, enableIPv6: true });
  assert.equal(six.ipam.pools.length, 1);
  await assert.rejects(world.networks.create({ name: 'neither', enableIPv4: false }), /^InvalidArgument: IPv4 or IPv6 must be enabled$/);
  const only = await world.attach('only', { network: 'six' });
  assert.doesNotMatch((await only.sh('ip -o -4 addr show eth0')).stdout, /inet /);
  assert.ok(await pings(only, six.ipam.pools[0]?.gateway ?? ''));
  await world.networks.create({ name: 'several', ipam: { pools: [{ subnet: '10.67.0.0/30' }, { subnet: '10.67.8.0/24' }] } });
  const [a, b] = [await world.attach('a', { network: 'several' }), await world.attach('b', { network: 'several', ipv4Address: '10.67.8.9' })];
  assert.deepEqual([world.addressOf(a), world.addressOf(b)], ['10.67.0.2', '10.67.8.9']);
  assert.ok(await pings(b, '10.67.8.1'));
});

test('options of the bridge and of an endpoint do what they say', async () => {
  await using world = await open();
  const options = { [`${BRIDGE}name`]: 'nrtest-br', [`${BRIDGE}inhibit_ipv4`]: 'true', 'com.docker.network.driver.mtu': '1420', 'com.docker.network.container_iface_prefix': 'lan' };
  await world.networks.create({ name: 'odd', options });
  const sysctls = 'net.ipv4.conf.IFNAME.log_martians=1,net.ipv4.conf.ifname.forwarding=0';
  const container = await world.attach('a', { network: 'odd', driverOptions: { 'com.docker.network.endpoint.sysctls': sysctls }, linkLocalAddresses: ['169.254.33.44'] });
  assert.doesNotMatch(await ok('ip', ['-o', 'addr', 'show', 'nrtest-br']), /inet /);
  const { stdout } = await container.sh('ip -o addr show lan0; ip -o link show lan0; cat /proc/sys/net/ipv4/conf/lan0/log_martians');
  assert.match(stdout, /inet 169\.254\.33\.44\/16 [^]* mtu 1420 [^]*\n1$/m);
  await assert.rejects(world.attach('b', { network: 'odd', driverOptions: { 'com.docker.network.endpoint.sysctls': 'net.ipv4.conf.IFNAME.nothing=1' } }), /failed to set sysctl net\.ipv4\.conf\.lan0\.nothing: no such file/);
});

test('over the other family and from ::1 ports are relayed: TCP and UDP', async () => {
  const [page80, datagrams] = await twoFreePorts();
  await using world = await open();
  await world.networks.create({ name: 'six', enableIPv4: false, enableIPv6: true });
  const six = await world.attach('six', { network: 'six', ports: [port('tcp', 80, page80)] });
  const four = await world.attach('four', { ports: [port('udp', 9000, datagrams)] });
  await six.serve(80, 'six', world.directory);
  await four.answerUdp(9000, 'four');
  for (const address of ['::1', '127.0.0.1']) assert.equal(await askUdp(address, datagrams), 'four', address);
  assert.deepEqual(world.networks.endpoints({ containerId: six.containerId })[0]?.ports.map(({ hostIp }) => hostIp), ['0.0.0.0', '::']);
  for (const address of ['::1', '127.0.0.1']) assert.equal(await page(address, page80), 'six', address);
  await world.networks.release(four.containerId);
  await assert.rejects(askUdp('::1', datagrams, 2));
  const alone = await freePort();
  const local = await world.attach('local', { network: 'six', ports: [port('tcp', 80, alone, '::1'), port('udp', 9000, alone, '::1')] });
  await local.serve(80, 'local', world.directory);
  await local.answerUdp(9000, 'local');
  assert.equal(await page('::1', alone), 'local', 'published at ::1 alone, to an address of IPv6');
  assert.equal(await askUdp('::1', alone), 'local');
});

test('ports go to another network of the container when theirs is disconnected', async () => {
  const number = await freePort();
  await using world = await open();
  await world.networks.create({ name: 'second' });
  const server = await world.attach('server', { ports: [port('tcp', 80, number)] });
  await server.serve(80, 'the page', world.directory);
  const seat = await world.networks.allocate({ containerId: server.containerId, containerName: 'server', network: 'second', aliases: [], ports: [] });
  await world.networks.connect(server, seat.id);
  const [first] = world.networks.endpoints({ containerId: server.containerId }).filter(({ networkName }) => networkName === 'bridge');
  await world.networks.disconnect(server, first?.id ?? '');
  assert.equal(await page('127.0.0.1', number), 'the page');
  assert.deepEqual(world.networks.endpoints({ containerId: server.containerId }).map(({ networkName, ports }) => [networkName, ports.length]), [['second', 2]]);
});

test('a routed network needs no port of the host; SCTP is translated, and its ports are refused when a container has them', async () => {
  const [shared, number] = await twoFreePorts();
  await using world = await open();
  await world.networks.create({ name: 'routed', options: { [`${BRIDGE}gateway_mode_ipv4`]: 'routed' } });
  const a = await world.attach('a', { network: 'routed', ports: [port('tcp', 80, shared)] });
  const b = await world.attach('b', { network: 'routed', ports: [port('tcp', 80, shared, '0.0.0.0')] });
  const shown = (of: Sandbox) => world.networks.endpoints({ containerId: of.containerId })[0]?.ports.map(({ hostIp, hostPort }) => `${hostIp} ${hostPort}`);
  assert.deepEqual([shown(a), shown(b)], [['0.0.0.0 0', `:: ${shared}`], ['0.0.0.0 0']]);
  await world.attach('c', { ports: [port('sctp', 80, number)] });
  await assert.rejects(world.attach('d', { ports: [port('sctp', 80, number)] }), new RegExp(`Bind for 0\\.0\\.0\\.0:${number} failed: port is already allocated \\(container c\\)`));
  assert.match(await ok('nft', ['list', 'map', 'inet', `naru_${world.networks.find('bridge').interfaceName.slice('naru-'.length)}`, 'any4']), new RegExp(`sctp \\. ${number}`));
});

/** What the neighbour on the wire needs to reach a network behind this host, over both families. */
async function routeFrom(neighbour: Sandbox, subnets: readonly string[]): Promise<void> {
  await ok('ip', ['addr', 'add', '10.66.0.2/24', 'dev', 'nrtest-up']);
  await ok('ip', ['-6', 'addr', 'add', 'fd66::2/64', 'dev', 'nrtest-up', 'nodad']);
  const routes = subnets.map((subnet) => (subnet.includes(':') ? `ip -6 route add ${subnet} via fd66::2` : `ip route add ${subnet} via 10.66.0.2`));
  assert.equal((await neighbour.sh(['ip -6 addr add fd66::1/64 dev eth0 nodad', ...routes].join(' && '))).code, 0);
}

test('gateway modes: unprotected opens one family to whoever routes to it, isolated leaves the host out, and other networks reach neither', async () => {
  await using world = await open();
  await using neighbour = await wire();
  const subnets = ['10.69.0.0/24', 'fd69::/64', '10.70.0.0/24'];
  const [four, six, guarded] = subnets.map((subnet) => ({ subnet }));
  await world.networks.create({ name: 'bare', enableIPv6: true, options: { [`${BRIDGE}gateway_mode_ipv4`]: 'nat-unprotected' }, ipam: { pools: [four ?? {}, six ?? {}] } });
  await world.networks.create({ name: 'guarded', ipam: { pools: [guarded ?? {}] } });
  await world.networks.create({ name: 'lonely', internal: true, options: { [`${BRIDGE}gateway_mode_ipv4`]: 'isolated' }, ipam: { pools: [{ subnet: '10.71.0.0/24' }] } });
  await routeFrom(neighbour, subnets);
  const [bare, hidden, one, two] = [await world.attach('bare', { network: 'bare' }), await world.attach('hidden', { network: 'guarded' }), await world.attach('one', { network: 'lonely' }), await world.attach('two', { network: 'lonely' })];
  const bare6 = world.networks.endpoints({ containerId: bare.containerId })[0]?.ipv6?.address ?? '';
  assert.deepEqual(
    [await pings(neighbour, world.addressOf(bare)), await pings(neighbour, bare6, 1), await pings(neighbour, world.addressOf(hidden), 1), await pings(hidden, world.addressOf(bare), 1)],
    [true, false, false, false],
  );
  assert.ok(await pings(one, world.addressOf(two)));
  const lonely = world.networks.find('lonely').interfaceName;
  assert.doesNotMatch(await ok('ip', ['-4', 'addr', 'show', lonely]), /inet /);
});

test('icc=false: neighbours hear nothing of each other, neither ARP nor ND, nor anybody who plays the gateway', async () => {
  await using world = await open();
  const { ipam } = await world.networks.create({ name: 'shy', enableIPv6: true, options: { [`${BRIDGE}enable_icc`]: 'false' } });
  const gateway = ipam.pools[0]?.gateway ?? '';
  const [a, b] = [await world.attach('a', { network: 'shy' }), await world.attach('b', { network: 'shy' })];
  const six = (of: Sandbox) => world.networks.endpoints({ containerId: of.containerId })[0]?.ipv6?.address ?? '';
  assert.ok(await pings(b, gateway));
  const known = (await b.sh(`ip neigh show ${gateway}`)).stdout;
  assert.ok(!(await pings(a, world.addressOf(b), 1)) && !(await pings(a, six(b), 1)));
  assert.doesNotMatch((await a.sh('ip neigh')).stdout, new RegExp(`(${world.addressOf(b)}|${six(b)}) .*lladdr`), 'nobody answered');
  await a.sh(`ip addr add ${gateway}/16 dev eth0; busybox arping -U -c 2 -w 2 -I eth0 -s ${gateway} ${gateway}`);
  assert.equal((await b.sh(`ip neigh show ${gateway}`)).stdout.split(' ')[4], known.split(' ')[4], 'the gateway is who it was');
  assert.match(known, /lladdr 02:42:/);
});

test('neighbours forget the hardware address that an IP address had before, unless the network is told to leave that to them', async () => {
  await using world = await open();
  for (const [name, subnet, messages] of [['told', '67', '3'], ['untold', '68', '0']] as const) {
    await world.networks.create({ name, enableIPv6: true, options: { 'com.docker.network.advertise_addr_nmsgs': messages }, ipam: { pools: [{ subnet: `10.${subnet}.0.0/24` }, { subnet: `fd00:${subnet}::/64` }] } });
    const watcher = await world.attach(`watcher-${name}`, { network: name });
    const seat = { network: name, ipv4Address: `10.${subnet}.0.9`, ipv6Address: `fd00:${subnet}::9` };
    const known = async () => (await watcher.sh(`ip neigh show ${seat.ipv4Address}; ip neigh show ${seat.ipv6Address}`)).stdout.match(/lladdr \S+/g) ?? [];
    const first = await world.attach(`first-${name}`, { ...seat, macAddress: '02:00:00:00:00:01' });
    assert.ok((await pings(watcher, seat.ipv4Address)) && (await pings(watcher, seat.ipv6Address)));
    assert.deepEqual(await known(), ['lladdr 02:00:00:00:00:01', 'lladdr 02:00:00:00:00:01']);
    await world.networks.release(first.containerId);
    await world.attach(`second-${name}`, { ...seat, macAddress: '02:00:00:00:00:02' });
    if (messages === '0') assert.deepEqual(await known(), ['lladdr 02:00:00:00:00:01', 'lladdr 02:00:00:00:00:01']);
    else await until('the neighbours know', async () => (await known()).join() === 'lladdr 02:00:00:00:00:02,lladdr 02:00:00:00:00:02');
  }
});

test('an interface has the sysctls that name it, and no IPv6 where the container switched it off', async () => {
  await using world = await open();
  await world.networks.create({ name: 'dual', enableIPv6: true });
  const plain = await world.attach('plain', { network: 'dual', sysctls: { 'net.ipv4.conf.eth0.forwarding': '1', 'net.ipv4.conf.eth1.forwarding': '1' } });
  assert.equal((await plain.sh('cat /proc/sys/net/ipv4/conf/eth0/forwarding; ip -6 addr show eth0 | grep -c global')).stdout, '1\n1\n');
  const asked = await world.attach('asked', { sysctls: { 'net.ipv6.conf.all.disable_ipv6': '0' } });
  assert.match((await asked.sh('ip -6 addr show eth0')).stdout, /inet6 fe80:/, 'the network has none, the container wants it');
  const refused = (sysctl: string) => world.attach(`refused-${sysctl.length}`, { driverOptions: { 'com.docker.network.endpoint.sysctls': `net.ipv4.conf.IFNAME.${sysctl}` } });
  await assert.rejects(refused('log_martians=maybe'), { name: 'InvalidArgument', message: 'failed to set sysctl net.ipv4.conf.eth0.log_martians: invalid argument' });
  await assert.rejects(refused('nosuch=1'), { name: 'InvalidArgument', message: 'failed to set sysctl net.ipv4.conf.eth0.nosuch: no such file or directory' });
  const bare = await world.attach('bare', {});
  assert.equal((await bare.sh('cd /proc/sys/net/ipv6/conf; cat eth0/disable_ipv6 default/disable_ipv6 lo/disable_ipv6; ip -6 addr show eth0')).stdout, '1\n0\n0\n', 'what the container adds later has IPv6');
  const without = await Sandbox.open('f'.repeat(64));
  world.sandboxes.push(without);
  await without.sh('echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6');
  await world.networks.allocate({ containerId: without.containerId, containerName: 'without', network: 'dual', aliases: [], ports: [] });
  await world.networks.attach(without, noDns);
  assert.equal((await without.sh('ip -6 addr; ip -6 route; ip -o -4 addr show eth0 | wc -l')).stdout, '1\n');
});

test('icc=false: a link opens the ports that it names, one way, and follows its target to a new address', async () => {
  await using world = await open();
  await world.networks.create({ name: 'shy', options: { [`${BRIDGE}enable_icc`]: 'false' } });
  const target = await world.attach('target', { network: 'shy' });
  const caller = await world.attach('caller', { network: 'shy', reaches: [{ containerId: target.containerId, protocol: 'tcp', port: 81 }] });
  const stranger = await world.attach('stranger', { network: 'shy' });
  for (const number of [81, 82]) await target.serve(number, 'the page', world.directory);
  await caller.serve(81, 'the page', world.directory);
  const reads = async (from: Sandbox, to: Sandbox, number: number, seconds = 1) => /the page/.test((await from.sh(fetchCommand(world.addressOf(to), number, seconds))).stdout);
  assert.ok(await reads(caller, target, 81, 30));
  assert.deepEqual([await reads(caller, target, 82), await reads(stranger, target, 81), await reads(target, caller, 81)], [false, false, false]);
  await world.reopen();
  await world.networks.recover([target, caller, stranger]);
  assert.ok(await reads(caller, target, 81, 30), 'after a restart of the daemon');
  await world.networks.release(target.containerId);
  const again = await world.attach('target', { network: 'shy' });
  await again.serve(81, 'the page', world.directory);
  assert.ok(await reads(caller, again, 81, 30), 'at its new address');
  world.networks.unlink(caller.containerId, again.containerId);
  assert.ok(!(await reads(caller, again, 81)), 'the link is taken away');
});

test('settings of a configuration network are taken by others, and it stays while they do', async () => {
  await using world = await open();
  await world.networks.create({ name: 'plan', configOnly: true, ipam: { pools: [{ subnet: '10.68.0.0/24' }] }, options: { 'com.docker.network.driver.mtu': '1400' } });
  const made = await world.networks.create({ name: 'made', configFrom: 'plan' });
  assert.deepEqual([made.ipam.pools[0]?.subnet, made.options['com.docker.network.driver.mtu'], made.configFrom], ['10.68.0.0/24', '1400', 'plan']);
  const refusals: [work: () => Promise<unknown>, words: RegExp][] = [
    [() => world.attach('a', { network: 'plan' }), /^Forbidden: cannot create endpoint on configuration-only network$/],
    [() => world.networks.remove('plan'), /^Forbidden: error while removing network: configuration network "plan" is in use$/],
    [() => world.networks.create({ name: 'x', configFrom: 'made' }), /^NotFound: configuration network "made" does not exist$/],
    [() => world.networks.create({ name: 'x', configFrom: 'plan', options: { a: 'b' } }), /^Forbidden: user specified configurations are not supported/],
    [() => world.networks.create({ name: 'x', configOnly: true, internal: true }), /^Forbidden: configuration network can only contain network specific fields/],
  ];
  for (const [work, words] of refusals) await assert.rejects(work, words);
  await world.networks.remove('made');
  await world.networks.remove('plan');
});

/** Sends until somebody answers; throws when nobody does within so many seconds. */
async function askUdp(address: string, number: number, seconds = 60): Promise<string> {
  const client = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  try {
    const answer = once(client, 'message') as Promise<[Buffer]>;
    let heard: string | undefined;
    answer.then(([bytes]) => (heard = bytes.toString()), () => {});
    return await until(`an answer from ${address}`, async () => (client.send('?', number, address), heard), seconds);
  } finally {
    client.close();
  }
}
