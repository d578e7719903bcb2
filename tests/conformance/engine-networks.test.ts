/** Networks over the API: made, seen, connected to running containers and stopped ones, removed. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { call, errorOf } from '../support/api.ts';
import { Daemon } from '../support/daemon.ts';
import { importBusybox } from '../support/images.ts';

let daemon: Daemon;
before(async () => {
  daemon = await Daemon.start();
  await importBusybox(daemon, 'docker', 'busybox:latest');
});
after(() => daemon?.[Symbol.asyncDispose]());

const create = (body: object) => call(daemon, 'POST', '/networks/create', body);
const addresses = async (container: string) => daemon.ok('docker', ['exec', container, 'ip', '-4', '-o', 'addr']);

test('the predefined networks are there and stay', async () => {
  const shown = (await call(daemon, 'GET', '/networks')).json();
  assert.deepEqual(shown.map((network: { Name: string }) => network.Name).toSorted(), ['bridge', 'host', 'none']);
  assert.match(errorOf(await call(daemon, 'DELETE', '/networks/bridge'), 403), /^bridge is a pre-defined network and cannot be removed$/);
  assert.equal(errorOf(await create({ Name: 'host' }), 403), 'operation is not permitted on predefined host network ');
  assert.deepEqual((await call(daemon, 'GET', '/networks?filters={"type":["custom"]}')).json(), []);
});

test('a network keeps what it was made with', async () => {
  const pool = { Subnet: '10.231.7.0/24', IPRange: '10.231.7.128/25', Gateway: '10.231.7.1' };
  const { Id } = (await create({ Name: 'made', Driver: 'bridge', IPAM: { Driver: 'default', Config: [pool] }, Labels: { a: '1' }, Internal: true })).json();
  const shown = (await call(daemon, 'GET', '/networks/made')).json();
  assert.deepEqual([shown.Id, shown.Internal, shown.Labels, shown.IPAM.Config, shown.Containers], [Id, true, { a: '1' }, [pool], {}]);
  assert.equal(shown.EnableIPv4, true);
  assert.ok(!('EnableIPv4' in (await call(daemon, 'GET', '/v1.45/networks/made')).json()));
  assert.equal((await call(daemon, 'GET', `/networks/${Id.slice(0, 12)}`)).json().Name, 'made');
  assert.equal(errorOf(await create({ Name: 'made' }), 409), 'network with name made already exists');
  assert.equal(errorOf(await call(daemon, 'GET', '/networks/made?scope=swarm'), 404), 'network made not found');
  assert.deepEqual((await call(daemon, 'POST', '/networks/prune?filters={"label":["a=1"]}')).json(), { NetworksDeleted: ['made'] });
});

test('inspect shows the subnets and gateways that were asked for, then those that were not', async () => {
  const config = async (body: object) => {
    await create({ Name: 'shown', ...body });
    const { IPAM } = (await call(daemon, 'GET', '/networks/shown')).json();
    await call(daemon, 'DELETE', '/networks/shown');
    return IPAM.Config;
  };
  const [six, four] = await config({ EnableIPv6: true, IPAM: { Config: [{ Subnet: 'fd00:7d::/64' }] } });
  assert.deepEqual([six, Object.keys(four)], [{ Subnet: 'fd00:7d::/64' }, ['Subnet', 'Gateway']]);
  assert.deepEqual(await config({ IPAM: { Config: [{ Subnet: '10.231.6.0/24', IPRange: '10.231.6.128/25' }] } }), [{ Subnet: '10.231.6.0/24', IPRange: '10.231.6.128/25' }]);
  const both = [{ Subnet: '10.231.6.0/24', Gateway: '10.231.6.9' }, { Subnet: 'fd00:7d::/64', Gateway: 'fd00:7d::9' }];
  assert.deepEqual(await config({ EnableIPv6: true, IPAM: { Config: both } }), both);
  assert.deepEqual(await config({ IPAM: { Config: both } }), both, 'also of a family that is off');
  const [off, on] = await config({ IPAM: { Config: [{ Subnet: 'fd00:7d::/64' }] } });
  assert.deepEqual([off, Object.keys(on)], [{ Subnet: 'fd00:7d::/64' }, ['Subnet', 'Gateway']]);
});

test('a running container is connected, seen, and let go', async () => {
  await create({ Name: 'side', IPAM: { Config: [{ Subnet: '10.231.8.0/24' }] } });
  await daemon.ok('docker', ['run', '-d', '--name', 'guest', 'busybox', 'sleep', '600']);
  const seat = { Container: 'guest', EndpointConfig: { IPAMConfig: { IPv4Address: '10.231.8.9' }, Aliases: ['visitor'] } };
  assert.equal((await call(daemon, 'POST', '/networks/side/connect', seat)).status, 200);
  assert.match(await addresses('guest'), /10\.231\.8\.9\/24/);
  const [shown] = Object.values((await call(daemon, 'GET', '/networks/side')).json().Containers) as { Name: string; IPv4Address: string }[];
  assert.deepEqual([shown?.Name, shown?.IPv4Address], ['guest', '10.231.8.9/24']);
  const settings = (await call(daemon, 'GET', '/containers/guest/json')).json().NetworkSettings.Networks.side;
  assert.deepEqual([settings.IPAddress, settings.IPAMConfig, settings.Aliases], ['10.231.8.9', { IPv4Address: '10.231.8.9' }, ['visitor']]);
  assert.equal(errorOf(await call(daemon, 'POST', '/networks/side/connect', seat), 403), 'endpoint with name guest already exists in network side');
  assert.match(errorOf(await call(daemon, 'DELETE', '/networks/side'), 403), /has active endpoints/);
  assert.equal((await call(daemon, 'POST', '/networks/side/disconnect', { Container: 'guest' })).status, 200);
  assert.doesNotMatch(await addresses('guest'), /10\.231\.8/);
  assert.equal((await call(daemon, 'DELETE', '/networks/side')).status, 204);
});

test('a stopped container has its seat at the next start, and only where it was given one', async () => {
  await create({ Name: 'later', IPAM: { Config: [{ Subnet: '10.231.9.0/24' }] } });
  await daemon.ok('docker', ['create', '--name', 'sleeper', 'busybox', 'sleep', '600']);
  assert.equal((await call(daemon, 'POST', '/networks/later/connect', { Container: 'sleeper' })).status, 200);
  assert.deepEqual((await call(daemon, 'GET', '/networks/later')).json().Containers, {});
  assert.equal((await call(daemon, 'POST', '/networks/bridge/disconnect', { Container: 'sleeper' })).status, 200);
  await daemon.ok('docker', ['start', 'sleeper']);
  const list = await addresses('sleeper');
  assert.match(list, /10\.231\.9\.2\/24/);
  assert.equal(list.split('\n').length, 2);
});

test('sysctls of an interface wait for it also where the container was made without a network', async () => {
  await create({ Name: 'joined' });
  await daemon.ok('docker', ['create', '--name', 'joiner', '--network', 'none', '--sysctl', 'net.ipv4.conf.eth0.log_martians=1', 'busybox', 'sleep', '600']);
  await daemon.ok('docker', ['network', 'disconnect', 'none', 'joiner']);
  await daemon.ok('docker', ['network', 'connect', 'joined', 'joiner']);
  await daemon.ok('docker', ['start', 'joiner']);
  assert.equal(await daemon.ok('docker', ['exec', 'joiner', 'cat', '/proc/sys/net/ipv4/conf/eth0/log_martians']), '1');
  await daemon.ok('docker', ['rm', '-f', 'joiner']);
});

test('an ended container still shows its networks by id and the names it had there', async () => {
  const { Id } = (await create({ Name: 'kept' })).json();
  const made = await call(daemon, 'POST', '/containers/create?name=leaver', {
    Image: 'busybox', Cmd: ['true'], HostConfig: { NetworkMode: 'kept' }, NetworkingConfig: { EndpointsConfig: { kept: { Aliases: ['alias'] } } },
  });
  const seat = async () => (await call(daemon, 'GET', '/containers/leaver/json')).json().NetworkSettings.Networks.kept;
  assert.deepEqual([(await seat()).NetworkID, (await seat()).DNSNames], ['', null]);
  await daemon.ok('docker', ['start', '-a', 'leaver']);
  const { NetworkID, DNSNames, EndpointID, IPAddress, Gateway, MacAddress } = await seat();
  assert.deepEqual([NetworkID, DNSNames], [Id, ['leaver', 'alias', made.json().Id.slice(0, 12)]]);
  assert.deepEqual([EndpointID, IPAddress, Gateway, MacAddress], ['', '', '', '']);
  const [listed] = (await call(daemon, 'GET', '/containers/json?all=1&filters={"name":["leaver"]}')).json();
  assert.equal(listed.NetworkSettings.Networks.kept.NetworkID, Id);
  await daemon.ok('docker', ['rm', 'leaver']);
});

test('a container does not start in another network that was given the name of its own since', async () => {
  const { Id } = (await create({ Name: 'once' })).json();
  const regular = await daemon.ok('docker', ['run', '-d', '--name', 'regular', '--network', 'once', 'busybox', 'sleep', '600']);
  await daemon.ok('docker', ['create', '--name', 'newcomer', '--network', 'once', 'busybox', 'sleep', '600']);
  await daemon.ok('docker', ['stop', '-t', '0', 'regular']);
  await daemon.ok('docker', ['network', 'rm', 'once']);
  const again = (await create({ Name: 'once' })).json();
  const seat = async () => (await call(daemon, 'GET', '/containers/regular/json')).json().NetworkSettings.Networks.once;
  assert.equal((await seat()).NetworkID, Id);
  const found = (value: string) => daemon.ok('docker', ['ps', '-a', '--filter', `network=${value}`, '--format', '{{.Names}}']);
  assert.deepEqual([await found(Id), await found(again.Id.slice(0, 12)), await found('once')], ['regular', 'newcomer', 'newcomer\nregular']);
  assert.equal(errorOf(await call(daemon, 'POST', '/containers/regular/start'), 404), `network ${Id} not found`);
  assert.equal((await call(daemon, 'POST', '/containers/newcomer/start')).status, 204, 'it never was in the first');
  assert.deepEqual((await seat()).DNSNames, ['regular', regular.slice(0, 12)], 'they outlast the network');
  await daemon.ok('docker', ['network', 'connect', '--alias', 'anew', 'once', 'regular']);
  await daemon.ok('docker', ['start', 'regular']);
  assert.equal((await seat()).NetworkID, again.Id);
  assert.deepEqual((await seat()).Aliases, ['anew'], 'the new seat took the place of the old one');
  await daemon.ok('docker', ['rm', '-f', 'regular', 'newcomer']);
});

test('a start that fails, too, leaves the container in the networks that it had', async () => {
  const { Id } = (await create({ Name: 'brief' })).json();
  const made = await daemon.ok('docker', ['create', '--name', 'failing', '--network', 'brief', 'busybox', 'nosuch']);
  await call(daemon, 'POST', '/containers/failing/start');
  const { NetworkID, DNSNames } = (await call(daemon, 'GET', '/containers/failing/json')).json().NetworkSettings.Networks.brief;
  assert.deepEqual([NetworkID, DNSNames], [Id, ['failing', made.slice(0, 12)]]);
  await daemon.ok('docker', ['network', 'rm', 'brief']);
  await create({ Name: 'brief' });
  assert.equal(errorOf(await call(daemon, 'POST', '/containers/failing/start'), 404), `network ${Id} not found`);
  await daemon.ok('docker', ['rm', 'failing']);
});

test('ports are shown where one of the networks can publish them', async () => {
  await create({ Name: 'shut', Internal: true });
  await create({ Name: 'wide' });
  await daemon.ok('docker', ['run', '-d', '--name', 'shy', '--network', 'shut', '--expose', '80', 'busybox', 'sleep', '600']);
  const shown = async () => [(await call(daemon, 'GET', '/containers/shy/json')).json().NetworkSettings.Ports, await daemon.ok('docker', ['ps', '--filter', 'name=shy', '--format', '{{.Ports}}'])];
  assert.deepEqual(await shown(), [{}, '']);
  await daemon.ok('docker', ['network', 'connect', 'wide', 'shy']);
  assert.deepEqual(await shown(), [{ '80/tcp': null }, '80/tcp']);
  await daemon.ok('docker', ['network', 'disconnect', 'wide', 'shy']);
  assert.deepEqual(await shown(), [{}, '']);
  await daemon.ok('docker', ['rm', '-f', 'shy']);
});

test('a container that is created with endpoints sits in their networks alone, by name or id, whatever NetworkMode says', async () => {
  const { Id } = (await create({ Name: 'named' })).json();
  const seats = async (body: object) => {
    const made = await call(daemon, 'POST', '/containers/create?name=chooser', { Image: 'busybox', Cmd: ['sleep', '600'], ...body });
    assert.equal(made.status, 201, made.text);
    await daemon.ok('docker', ['start', 'chooser']);
    const { Networks } = (await call(daemon, 'GET', '/containers/chooser/json')).json().NetworkSettings;
    await daemon.ok('docker', ['rm', '-f', 'chooser']);
    return Object.entries<{ DNSNames: string[]; IPAddress: string }>(Networks).map(([name, { DNSNames, IPAddress }]) => [name, DNSNames?.includes('alias') ?? false, IPAddress !== '']);
  };
  const endpoints = (name: string) => ({ NetworkingConfig: { EndpointsConfig: { [name]: { Aliases: ['alias'] } } } });
  assert.deepEqual(await seats(endpoints('named')), [['named', true, true]]);
  assert.deepEqual(await seats(endpoints(Id)), [['named', true, true]]);
  assert.deepEqual(await seats({ HostConfig: { NetworkMode: 'named' }, ...endpoints(Id) }), [['named', true, true]]);
  assert.deepEqual(await seats({ HostConfig: { NetworkMode: 'bridge' }, ...endpoints('named') }), [['named', true, true]]);
  assert.deepEqual(await seats({ NetworkingConfig: { EndpointsConfig: {} } }), [['bridge', false, true]]);
});

test('a network says how large it is to be, and gets a free subnet of that size; older clients\' have IPv4', async () => {
  await create({ Name: 'sized', EnableIPv6: true, IPAM: { Config: [{ Subnet: '0.0.0.0/26' }, { Subnet: '::/80' }] } });
  const { IPAM, Status } = (await call(daemon, 'GET', '/networks/sized')).json();
  const subnets: string[] = IPAM.Config.map(({ Subnet }: { Subnet: string }) => Subnet);
  assert.deepEqual(subnets.map((subnet) => subnet.split('/')[1]), ['26', '80']);
  for (const subnet of subnets) assert.doesNotMatch(subnet, /^(?:0\.|::\/)/);
  assert.equal((await create({ Name: 'tiny', EnableIPv6: true, IPAM: { Config: [{ Subnet: '0.0.0.0/30' }, { Subnet: '::/126' }] } })).status, 201, 'behind all that is taken');
  assert.deepEqual(Object.keys(Status.IPAM.Subnets), subnets);
  const older = await call(daemon, 'POST', '/v1.46/networks/create', { Name: 'older', EnableIPv4: false, EnableIPv6: true });
  assert.equal((await call(daemon, 'GET', `/networks/${older.json().Id}`)).json().EnableIPv4, true);
  for (const name of ['sized', 'tiny', 'older']) await call(daemon, 'DELETE', `/networks/${name}`);
});

test('where the bridge leads nowhere no address is kept for it: two containers fit into two addresses', async () => {
  for (const option of [{ 'com.docker.network.bridge.inhibit_ipv4': 'true' }, { 'com.docker.network.bridge.gateway_mode_ipv4': 'isolated' }]) {
    await create({ Name: 'pair', Internal: true, IPAM: { Config: [{ Subnet: '10.231.10.0/31' }] }, Options: option });
    await daemon.ok('docker', ['run', '-d', '--name', 'left', '--network', 'pair', 'busybox', 'sleep', '600']);
    assert.match(await daemon.ok('docker', ['run', '--rm', '--network', 'pair', 'busybox', 'ping', '-c1', '-W3', 'left']), / 0% packet loss/);
    assert.deepEqual((await call(daemon, 'GET', '/networks/pair')).json().IPAM.Config, [{ Subnet: '10.231.10.0/31' }]);
    await daemon.ok('docker', ['rm', '-f', 'left']);
    await call(daemon, 'DELETE', '/networks/pair');
  }
});

test('a default route of the container\'s own stands; a network that cannot become its gateway does not keep it from leaving another', async () => {
  await create({ Name: 'inner', Internal: true, IPAM: { Config: [{ Subnet: '10.231.11.0/24' }] } });
  for (const name of ['outer', 'second']) await create({ Name: name });
  await daemon.ok('docker', ['run', '-d', '--name', 'own', '--privileged', '--network', 'inner', 'busybox', 'sleep', '600']);
  const inside = (...command: string[]) => daemon.ok('docker', ['exec', 'own', ...command]);
  await inside('ip', 'route', 'add', 'default', 'via', '10.231.11.1');
  assert.match(errorOf(await call(daemon, 'POST', '/networks/outer/connect', { Container: 'own' }), 500), /failed to set gateway: file exists/);
  assert.deepEqual((await call(daemon, 'GET', '/networks/outer')).json().Containers, {});
  assert.deepEqual(Object.keys((await call(daemon, 'GET', '/containers/own/json')).json().NetworkSettings.Networks), ['inner']);
  assert.doesNotMatch(await inside('ip', 'link'), /eth1/);
  await inside('ip', 'route', 'del', 'default');
  for (const name of ['outer', 'second']) assert.equal((await call(daemon, 'POST', `/networks/${name}/connect`, { Container: 'own' })).status, 200);
  assert.match(await inside('ip', 'route'), /default via \S+ dev eth1/);
  await inside('ip', 'link', 'set', 'eth2', 'down');
  assert.equal((await call(daemon, 'POST', '/networks/outer/disconnect', { Container: 'own' })).status, 200);
  assert.equal((await call(daemon, 'POST', '/networks/outer/connect', { Container: 'own' })).status, 200);
  await inside('ip', 'link', 'set', 'eth2', 'up');
  await inside('ip', 'route', 'replace', 'default', 'via', '10.231.11.1');
  assert.equal((await call(daemon, 'POST', '/networks/outer/disconnect', { Container: 'own' })).status, 200);
  assert.match(await inside('ip', 'route'), /default via 10\.231\.11\.1 /);
  await daemon.ok('docker', ['rm', '-f', 'own']);
  for (const name of ['inner', 'outer', 'second']) await call(daemon, 'DELETE', `/networks/${name}`);
});

test('an interface with IPv6 switched off has no address of it, nor has its name', async () => {
  await create({ Name: 'dual', EnableIPv6: true });
  const seat = { dual: { DriverOpts: { 'com.docker.network.endpoint.sysctls': 'net.ipv6.conf.IFNAME.disable_ipv6=1' } } };
  for (const [HostConfig, EndpointsConfig] of [[{}, seat], [{ Sysctls: { 'net.ipv6.conf.all.disable_ipv6': '1' } }, {}]] as const) {
    const body = { Image: 'busybox', Cmd: ['sleep', '600'], HostConfig: { NetworkMode: 'dual', ...HostConfig }, NetworkingConfig: { EndpointsConfig } };
    assert.equal((await call(daemon, 'POST', '/containers/create?name=four', body)).status, 201);
    await daemon.ok('docker', ['start', 'four']);
    const { dual } = (await call(daemon, 'GET', '/containers/four/json')).json().NetworkSettings.Networks;
    assert.deepEqual([dual.GlobalIPv6Address, dual.GlobalIPv6PrefixLen], ['', 0]);
    assert.notEqual(dual.IPAddress, '');
    assert.doesNotMatch(await daemon.ok('docker', ['exec', 'four', 'ip', 'addr', 'show', 'eth0']), /inet6/);
    const asked = await daemon.run('docker', ['run', '--rm', '--network', 'dual', 'busybox', 'ping', '-6', '-c1', 'four']);
    assert.match(asked.stderr, /bad address/);
    await daemon.ok('docker', ['rm', '-f', 'four']);
  }
  await call(daemon, 'DELETE', '/networks/dual');
});

test('an address is chosen of a subnet that the daemon chose, as clients know it since 1.52', async () => {
  await create({ Name: 'chosen' });
  const [{ Subnet }] = (await call(daemon, 'GET', '/networks/chosen')).json().IPAM.Config;
  const address = String(Subnet).replace(/0\/\d+$/, '77');
  const body = { Image: 'busybox', HostConfig: { NetworkMode: 'chosen' }, NetworkingConfig: { EndpointsConfig: { chosen: { IPAMConfig: { IPv4Address: address } } } } };
  assert.match(errorOf(await call(daemon, 'POST', '/v1.51/containers/create?name=pick', body), 400), /supported only when connecting to networks with user configured subnets/);
  assert.equal((await call(daemon, 'POST', '/v1.52/containers/create?name=pick', { ...body, Cmd: ['sleep', '600'] })).status, 201);
  await daemon.ok('docker', ['start', 'pick']);
  assert.equal((await call(daemon, 'GET', '/containers/pick/json')).json().NetworkSettings.Networks.chosen.IPAddress, address);
  await daemon.ok('docker', ['rm', '-f', 'pick']);
  await call(daemon, 'DELETE', '/networks/chosen');
});

test('what cannot be connected is refused in Docker\'s words', async () => {
  await create({ Name: 'other' });
  const connect = (network: string, body: object) => call(daemon, 'POST', `/networks/${network}/connect`, body);
  assert.equal(errorOf(await connect('other', { Container: 'ghost' }), 404), 'No such container: ghost');
  assert.equal(errorOf(await connect('ghost', { Container: 'guest' }), 500), 'invalid cluster node while attaching to network');
  assert.equal(errorOf(await connect('host', { Container: 'guest' }), 400), 'container cannot be disconnected from host network or connected to host network');
  const far = { Container: 'guest', EndpointConfig: { IPAMConfig: { IPv4Address: '10.99.0.1' } } };
  assert.match(errorOf(await call(daemon, 'POST', '/v1.51/networks/other/connect', far), 400), /user specified IP address is supported only when connecting to networks with user configured subnets/);
  assert.match(errorOf(await connect('other', far), 400), /no configured subnet or ip-range contain the IP address 10\.99\.0\.1/);
  assert.match(errorOf(await call(daemon, 'POST', '/networks/other/disconnect', { Container: 'guest' }), 500), /is not connected to network other$/);
});

test('a container without a network leaves none for another one, and has that one at its next start too', async () => {
  await create({ Name: 'rescue' });
  await daemon.ok('docker', ['run', '-d', '--name', 'hermit', '--network', 'none', '--stop-timeout', '0', 'busybox', 'sleep', '600']);
  assert.equal((await call(daemon, 'POST', '/networks/none/disconnect', { Container: 'hermit' })).status, 200);
  assert.equal((await call(daemon, 'POST', '/networks/rescue/connect', { Container: 'hermit' })).status, 200);
  assert.match(await addresses('hermit'), /eth0/);
  await daemon.ok('docker', ['exec', 'hermit', 'nslookup', 'hermit', '127.0.0.11']);
  assert.deepEqual((await call(daemon, 'GET', '/networks/none')).json().Containers, {});
  await daemon.ok('docker', ['restart', 'hermit']);
  assert.match(await addresses('hermit'), /eth0/);
  assert.equal((await call(daemon, 'POST', '/networks/rescue/disconnect', { Container: 'hermit' })).status, 200);
  assert.equal((await call(daemon, 'POST', '/networks/none/connect', { Container: 'hermit' })).status, 200);
  assert.deepEqual(Object.keys((await call(daemon, 'GET', '/containers/hermit/json')).json().NetworkSettings.Networks), ['none']);
  assert.doesNotMatch(await addresses('hermit'), /eth0/);
  assert.deepEqual(Object.values<{ Name: string }>((await call(daemon, 'GET', '/networks/none')).json().Containers).map(({ Name }) => Name), ['hermit']);
  await daemon.ok('docker', ['restart', 'hermit']);
  assert.doesNotMatch(await addresses('hermit'), /eth0/);
});
