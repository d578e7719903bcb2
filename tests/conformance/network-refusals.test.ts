/** What bad input about networks gets over the API: Docker's words and status, and nothing half-made. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { call, errorOf } from '../support/api.ts';
import { Daemon } from '../support/daemon.ts';
import { importBusybox } from '../support/images.ts';
import { freePort } from '../support/ports.ts';
import { ok } from '../support/command.ts';

let daemon: Daemon;
let port: number;
before(async () => {
  daemon = await Daemon.start();
  port = await freePort();
  await importBusybox(daemon, 'docker', 'busybox:latest');
  await create({ Name: 'app', IPAM: { Config: [{ Subnet: '10.232.0.0/24' }] } });
  await create({ Name: 'plain', Options: { 'com.docker.network.bridge.name': 'nrtest-twin' } });
  await daemon.ok('docker', ['run', '-d', '--name', 'one', '--network', 'app', '--ip', '10.232.0.5', '-p', `127.0.0.1:${port}:80`, 'busybox', 'sleep', '1000']);
  await daemon.ok('docker', ['run', '-d', '--name', 'two', 'busybox', 'sleep', '1000']);
});
after(() => daemon?.[Symbol.asyncDispose]());

const create = (body: object) => call(daemon, 'POST', '/networks/create', body);
const subnet = (config: object) => ({ Name: 'bad', IPAM: { Config: [{ Subnet: '10.233.0.0/24', ...config }] } });
const option = (key: string, value: string) => ({ Name: 'bad', Options: { [`com.docker.network.${key}`]: value } });

const networks: [what: string, body: object, status: number, words: RegExp | string][] = [
  ['a name that is there', { Name: 'app' }, 409, 'network with name app already exists'],
  ['a predefined name', { Name: 'none' }, 403, 'operation is not permitted on predefined none network '],
  ['no name', { Name: '' }, 400, 'invalid name: '],
  ['an overlapping subnet', { Name: 'bad', IPAM: { Config: [{ Subnet: '10.232.0.128/25' }] } }, 403, 'Pool overlaps with other one on this address space'],
  ['two that overlap each other', { Name: 'bad', IPAM: { Config: [{ Subnet: '10.234.0.0/16' }, { Subnet: '10.234.1.0/24' }] } }, 403, 'Pool overlaps with other one on this address space'],
  ['no CIDR', { Name: 'bad', IPAM: { Config: [{ Subnet: '10.233.0.0' }] } }, 400, 'invalid network config:\ninvalid subnet 10.233.0.0: invalid CIDR block notation'],
  ['an address in a subnet\'s place', { Name: 'bad', IPAM: { Config: [{ Subnet: '10.233.0.7/24' }] } }, 400, 'invalid network config:\ninvalid subnet 10.233.0.7/24: it should be 10.233.0.0/24'],
  ['a range outside', subnet({ IPRange: '10.234.0.0/25' }), 400, "invalid network config:\ninvalid ip-range 10.234.0.0/25: parent subnet 10.233.0.0/24 doesn't contain ip-range"],
  ['a range that is bigger', subnet({ IPRange: '10.233.0.0/16' }), 400, /CIDR block is bigger than its parent subnet 10\.233\.0\.0\/24$/],
  ['a gateway outside', subnet({ Gateway: '10.234.0.1' }), 400, "invalid network config:\ninvalid gateway 10.234.0.1: parent subnet 10.233.0.0/24 doesn't contain this address"],
  ['a gateway that is none', subnet({ Gateway: 'gate' }), 400, 'invalid network config:\ninvalid gateway gate: invalid address'],
  ['a gateway of the other family', subnet({ Gateway: '2001:db8::1' }), 400, /invalid gateway 2001:db8::1: parent subnet is an IPv4 block$/],
  ['an auxiliary address outside', subnet({ AuxiliaryAddresses: { router: '10.9.9.9' } }), 400, "invalid network config:\ninvalid auxiliary address 10.9.9.9: parent subnet 10.233.0.0/24 doesn't contain this address"],
  ['several faults', subnet({ IPRange: 'x', Gateway: 'y' }), 400, 'invalid network config:\ninvalid ip-range x: invalid CIDR block notation\ninvalid gateway y: invalid address'],
  ['an unknown driver', { Name: 'bad', Driver: 'warp' }, 404, 'plugin "warp" not found'],
  ['a driver of a swarm', { Name: 'bad', Driver: 'overlay' }, 403, /^This node is not a swarm manager\./],
  ['a second host network', { Name: 'bad', Driver: 'host' }, 403, 'only one instance of "host" network is allowed'],
  ['an unknown IPAM driver', { Name: 'bad', IPAM: { Driver: 'warp' } }, 404, /warp/],
  ['no family at all', { Name: 'bad', EnableIPv4: false }, 400, 'IPv4 or IPv6 must be enabled'],
  ['a switch that is no boolean', option('bridge.enable_icc', 'maybe'), 400, 'failed to parse com.docker.network.bridge.enable_icc value: maybe (strconv.ParseBool: parsing "maybe": invalid syntax)'],
  ['an MTU that is none', option('driver.mtu', 'much'), 400, 'failed to parse com.docker.network.driver.mtu value: much (strconv.Atoi: parsing "much": invalid syntax)'],
  ['an unknown gateway mode', option('bridge.gateway_mode_ipv4', 'magic'), 400, /unknown gateway mode magic$/],
  ['isolated without internal', option('bridge.gateway_mode_ipv4', 'isolated'), 400, "gateway mode 'isolated' can only be used for an internal network"],
  ['a binding address of the other family', option('bridge.host_binding_ipv4', '::1'), 400, /value: ::1 \(no IPv4 address\)$/],
  ['a binding address that is none', option('bridge.host_binding_ipv4', 'here'), 400, 'failed to parse com.docker.network.bridge.host_binding_ipv4 value: here (nil ip)'],
  ['a bridge name that is too long', option('bridge.name', 'a-name-much-too-long'), 400, /is not the name of an interface$/],
  ['a bridge that another network has', option('bridge.name', 'nrtest-twin'), 403, /networks have same bridge name$/],
  ['an interface that is no bridge', option('bridge.name', 'lo'), 409, 'existing interface lo is not a bridge'],
  ['settings of a network that is not there', { Name: 'bad', ConfigFrom: { Network: 'ghost' } }, 404, 'configuration network "ghost" does not exist'],
  ['settings of a network that has no settings alone', { Name: 'bad', ConfigFrom: { Network: 'app' } }, 404, 'configuration network "app" does not exist'],
];

for (const [what, body, status, words] of networks) {
  test(`a network with ${what}`, async () => {
    const before = await picture();
    const told = errorOf(await create(body), status);
    if (typeof words === 'string') assert.equal(told, words);
    else assert.match(told, words);
    assert.equal(await picture(), before);
  });
}

const seat = (container: string, config: object = {}) => ({ Container: container, EndpointConfig: config });
const deeds: [what: string, method: string, path: string, body: object | undefined, status: number, words: RegExp | string][] = [
  ['removing one in use', 'DELETE', '/networks/app', undefined, 403, /^error while removing network: network app id [0-9a-f]{64} has active endpoints$/],
  ['removing a predefined one', 'DELETE', '/networks/bridge', undefined, 403, 'bridge is a pre-defined network and cannot be removed'],
  ['removing one that is not there', 'DELETE', '/networks/ghost', undefined, 404, 'network ghost not found'],
  ['connecting to the host\'s', 'POST', '/networks/host/connect', seat('two'), 400, 'container cannot be disconnected from host network or connected to host network'],
  ['connecting to none', 'POST', '/networks/none/connect', seat('two'), 400, 'container cannot be connected to multiple networks with one of the networks in private (none) mode'],
  ['connecting twice', 'POST', '/networks/app/connect', seat('one'), 403, 'endpoint with name one already exists in network app'],
  ['connecting nobody', 'POST', '/networks/app/connect', seat('ghost'), 404, 'No such container: ghost'],
  ['an address that somebody has', 'POST', '/networks/app/connect', seat('two', { IPAMConfig: { IPv4Address: '10.232.0.5' } }), 403, 'Address already in use'],
  ['an IPAM driver that nobody has', 'POST', '/networks/create', { Name: 'new', IPAM: { Driver: 'nope' } }, 404, 'plugin "nope" not found'],
  ['no addresses at all', 'POST', '/networks/create', { Name: 'new', IPAM: { Driver: 'null' } }, 400, 'ipv4 pool is empty'],
  ['addresses of a driver that gives none', 'POST', '/networks/create', { Name: 'new', IPAM: { Driver: 'null', Config: [{ Subnet: '10.77.0.0/24' }] } }, 400, 'null ipam driver does not handle specific address pool requests'],
  ['a gateway at the broadcast address', 'POST', '/networks/create', { Name: 'new', IPAM: { Config: [{ Subnet: '10.77.0.0/24', Gateway: '10.77.0.255' }] } }, 500, 'failed to allocate gateway (10.77.0.255): Address already in use'],
  ['a subnet without room for a gateway', 'POST', '/networks/create', { Name: 'new', EnableIPv6: true, IPAM: { Config: [{ Subnet: '2001:db8:7::/128' }] } }, 500, 'failed to allocate gateway (): no available addresses on this pool'],
  ['two names for an auxiliary address', 'POST', '/networks/create', { Name: 'new', IPAM: { Config: [{ Subnet: '10.77.0.0/24', AuxiliaryAddresses: { a: '10.77.0.9', b: '10.77.0.9' } }] } }, 500, 'failed to allocate secondary ip address (b:10.77.0.9): Address already in use'],
  ['the gateway\'s address', 'POST', '/networks/app/connect', seat('two', { IPAMConfig: { IPv4Address: '10.232.0.1' } }), 403, 'Address already in use'],
  ['an address outside', 'POST', '/networks/app/connect', seat('two', { IPAMConfig: { IPv4Address: '10.240.0.5' } }), 400, 'invalid endpoint settings:\nno configured subnet or ip-range contain the IP address 10.240.0.5'],
  ['an address that is none', 'POST', '/networks/app/connect', seat('two', { IPAMConfig: { IPv4Address: '2001:db8::5' } }), 400, 'invalid endpoint settings:\n* invalid IPv4 address: 2001:db8::5\n* no configured subnet or ip-range contain the IP address 2001:db8::5'],
  ['the address of everybody', 'POST', '/networks/app/connect', seat('two', { IPAMConfig: { IPv4Address: '10.232.0.255' } }), 403, 'Address already in use'],
  ['an address of a subnet that nobody configured', 'POST', '/v1.51/networks/plain/connect', seat('two', { IPAMConfig: { IPv4Address: '172.30.0.9' } }), 400, 'invalid endpoint settings:\nuser specified IP address is supported only when connecting to networks with user configured subnets'],
  ['a link-local address that is none', 'POST', '/networks/app/connect', seat('two', { IPAMConfig: { LinkLocalIPs: ['near'] } }), 400, /invalid link-local IP address: near$/],
  ['a hardware address that is none', 'POST', '/networks/app/connect', seat('two', { MacAddress: 'soft' }), 400, 'invalid MAC address soft'],
  ['a sysctl of no interface', 'POST', '/networks/app/connect', seat('two', { DriverOpts: { 'com.docker.network.endpoint.sysctls': 'net.ipv4.ip_forward=1' } }), 400, /unrecognised network interface sysctl 'net\.ipv4\.ip_forward=1'/],
  ['disconnecting who is not there', 'POST', '/networks/app/disconnect', { Container: 'two' }, 500, /^container [0-9a-f]{64} is not connected to network app$/],
  ['an alias on the default network', 'POST', '/containers/create', { Image: 'busybox', NetworkingConfig: { EndpointsConfig: { bridge: { Aliases: ['x'] } } } }, 400, /network-scoped alias is supported only for containers in user defined networks$/],
  ['an unknown filter', 'GET', '/networks?filters={"colour":["red"]}', undefined, 400, /invalid filter 'colour'/],
  ['an unknown type', 'GET', '/networks?filters={"type":["odd"]}', undefined, 500, "invalid filter: 'type'='odd'"],
];

for (const [what, method, path, body, status, words] of deeds) {
  test(`refused: ${what}`, async () => {
    const before = await picture();
    const told = errorOf(await call(daemon, method, path, body), status);
    if (typeof words === 'string') assert.equal(told, words);
    else assert.match(told, words);
    assert.equal(await picture(), before);
  });
}

test('a pool that is used up, a port that is taken: the container stays as it was made', async () => {
  await create({ Name: 'tiny', IPAM: { Config: [{ Subnet: '10.235.0.0/30' }] } });
  const start = async (name: string, ...flags: string[]) => {
    await daemon.ok('docker', ['create', '--name', name, ...flags, 'busybox', 'sleep', '1000']);
    return call(daemon, 'POST', `/containers/${name}/start`);
  };
  assert.equal((await start('first', '--network', 'tiny')).status, 204);
  assert.match(errorOf(await start('second', '--network', 'tiny'), 500), /^no available IPv4 addresses on this network's address pools: tiny \([0-9a-f]{64}\)$/);
  assert.match(errorOf(await start('third', '-p', `${port}:80`), 500), new RegExp(`^driver failed programming external connectivity on endpoint third \\([0-9a-f]{64}\\): Bind for 0\\.0\\.0\\.0:${port} failed: port is already allocated \\(container one\\)$`));
  const states = await daemon.ok('docker', ['inspect', '-f', '{{.State.Status}} {{len .NetworkSettings.Ports}}', 'second', 'third']);
  assert.equal(states, 'created 0\ncreated 0');
});

/** Networks and links, as far as a failed request could have left some. */
async function picture(): Promise<string> {
  const links = (await ok('ip', ['-br', 'link', 'show', 'type', 'bridge'])).match(/^nrtest-\S+/gm) ?? [];
  return [await daemon.ok('docker', ['network', 'ls', '-q']), ...links, await daemon.ok('docker', ['inspect', '-f', '{{json .NetworkSettings.Networks}}', 'one', 'two'])].join('\n');
}
