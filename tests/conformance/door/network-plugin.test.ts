/** Networks that plugins drive, and addresses that plugins give, through Docker's NetworkDriver and IpamDriver protocols. */
import assert from 'node:assert/strict';
import { readdirSync, readlinkSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { call, errorOf } from '../../support/api.ts';
import { run, until } from '../../support/command.ts';
import { Daemon } from '../../support/daemon.ts';
import { importBusybox } from '../../support/images.ts';
import { TestPlugin } from '../../support/plugin.ts';
import { freePort } from '../../support/ports.ts';
import { wireKeeper, type Links } from '../../support/wire-keeper.ts';

const both = 'NetworkDriver IpamDriver';

/** A daemon and a plugin `wires`, whose methods may be others. */
async function open(join_: object = {}, others: Parameters<typeof TestPlugin.start>[3] = {}) {
  const root = await mkdtemp(join(tmpdir(), 'naru-wires-'));
  const links: Links = new Set();
  const plugin = await TestPlugin.start(root, 'wires', both, { ...wireKeeper(links, join_), ...others });
  const daemon = await Daemon.start('--plugin-sockets', root);
  await importBusybox(daemon);
  return {
    root, links, plugin, daemon,
    [Symbol.asyncDispose]: async () => {
      await daemon[Symbol.asyncDispose]();
      await plugin[Symbol.asyncDispose]();
      for (const name of links) await run('ip', ['link', 'del', name]);
      await rm(root, { recursive: true });
    },
  };
}

const methods = (plugin: TestPlugin): string[] => plugin.calls.map(({ method }) => method.replace(/^\w+\./, '')).filter((method) => method !== 'Activate');
/** Network namespaces that the daemon holds open. */
function heldNamespaces({ pid }: Daemon): number {
  const files = readdirSync(`/proc/${pid}/fd`).flatMap((fd) => linkOf(`/proc/${pid}/fd/${fd}`));
  return new Set(files.filter((file) => file.startsWith('net:['))).size;
}

/** One may be closed meanwhile. */
function linkOf(path: string): string[] {
  try {
    return [readlinkSync(path)];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

const isThere = async (name: string): Promise<boolean> => (await run('ip', ['link', 'show', name])).code === 0;

suite('network plugins', { skip: process.getuid?.() === 0 ? false : 'narud needs root' }, () => {
  test('a network, its addresses and its endpoints are the plugin\'s; a way out is made where it has none', async () => {
    await using world = await open();
    const { daemon, plugin, links } = world;
    const port = await freePort();
    const id = await daemon.ok('docker', ['network', 'create', '-d', 'wires', '--ipam-driver', 'wires', '--ipam-opt', 'a=b', '-o', 'speed=fast', '--aux-address', 'printer=10.244.0.9', '--subnet', '10.244.0.0/24', 'far']);
    assert.deepEqual(plugin.of('IpamDriver.RequestPool'), [{ AddressSpace: 'here', Pool: '10.244.0.0/24', SubPool: '', Options: { a: 'b' }, V6: false }]);
    assert.deepEqual(plugin.of('NetworkDriver.CreateNetwork'), [{
      NetworkID: id, Options: { 'com.docker.network.enable_ipv4': true, 'com.docker.network.enable_ipv6': false, 'com.docker.network.generic': { speed: 'fast' } },
      IPv4Data: [{ AddressSpace: 'here', Pool: '10.244.0.0/24', Gateway: '10.244.0.1/24', AuxAddresses: { printer: '10.244.0.9/24' } }], IPv6Data: [],
    }]);
    await daemon.ok('docker', ['run', '-d', '--name', 'one', '--network', 'far', '-p', `127.0.0.1:${port}:80`, '--expose', '99', 'busybox', 'sh', '-c', 'echo "the page" > /index.html; exec httpd -f -h /']);
    const [made] = plugin.of('NetworkDriver.CreateEndpoint');
    const ports = {
      'com.docker.network.endpoint.exposedports': [{ Proto: 6, Port: 80 }, { Proto: 6, Port: 99 }],
      'com.docker.network.portmap': [{ Proto: 6, IP: '', Port: 80, HostIP: '127.0.0.1', HostPort: port, HostPortEnd: port }],
    };
    assert.deepEqual([made.NetworkID, made.Interface.Address, made.Options], [id, '10.244.0.10/24', ports]);
    assert.match(plugin.of('IpamDriver.RequestAddress').at(-1).Options['com.docker.network.endpoint.macaddress'], /^02:42(:[0-9a-f]{2}){4}$/);
    const [{ SandboxKey }] = plugin.of('NetworkDriver.Join');
    const seen = (await call(daemon, 'GET', '/containers/one/json')).json().NetworkSettings;
    assert.deepEqual([seen.SandboxKey, Object.keys(seen.Networks), seen.Networks.far.IPAddress], [SandboxKey, ['far'], '10.244.0.10']);
    assert.equal(await daemon.ok('docker', ['port', 'one']), `80/tcp -> 127.0.0.1:${port}`);
    assert.match(await (await fetch(`http://127.0.0.1:${port}/`)).text(), /the page/);
    assert.deepEqual((await call(daemon, 'GET', '/networks/docker_gwbridge')).json().Containers[(await call(daemon, 'GET', '/containers/one/json')).json().Id].Name.startsWith('gateway_'), true);
    assert.match(await daemon.ok('docker', ['exec', 'one', 'ip', '-o', '-4', 'addr']), /wire0 {4}inet 10\.244\.0\.10\/24/);
    assert.match(await daemon.ok('docker', ['exec', 'one', 'ip', 'route']), /^default via .* dev eth0/);
    await daemon.ok('docker', ['network', 'create', 'near']);
    await daemon.ok('docker', ['network', 'connect', 'near', 'one']);
    assert.match(await daemon.ok('docker', ['exec', 'one', 'ip', 'route']), /^default via .* dev eth1/, 'a network of the daemon\'s own leads out');
    assert.deepEqual((await call(daemon, 'GET', '/networks/docker_gwbridge')).json().Containers, {});
    assert.match(await (await fetch(`http://127.0.0.1:${port}/`)).text(), /the page/);
    await daemon.ok('docker', ['network', 'disconnect', 'near', 'one']);
    assert.match(await (await fetch(`http://127.0.0.1:${port}/`)).text(), /the page/, 'its ports are back on the way out');
    assert.match(errorOf(await call(daemon, 'DELETE', '/networks/far'), 403), /has active endpoints/);
    assert.deepEqual((await call(daemon, 'GET', '/info')).json().Plugins.Network, ['bridge', 'host', 'ipvlan', 'macvlan', 'null', 'wires']);
    plugin.calls.length = 0;
    await daemon.ok('docker', ['rm', '-f', 'one']);
    await until('everything is given back', async () => plugin.of('IpamDriver.ReleaseAddress').length === 1);
    assert.deepEqual(methods(plugin), ['Leave', 'DeleteEndpoint', 'ReleaseAddress']);
    assert.equal(links.size, 0, 'its interface was back when the plugin removed it');
    assert.equal(heldNamespaces(daemon), 1);
    plugin.calls.length = 0;
    await daemon.ok('docker', ['network', 'rm', 'far', 'near', 'docker_gwbridge']);
    assert.deepEqual(plugin.calls.map(({ method, body }) => [method, body.Address ?? body.PoolID ?? body.NetworkID]), [
      ['NetworkDriver.DeleteNetwork', id], ['IpamDriver.ReleaseAddress', '10.244.0.9'], ['IpamDriver.ReleaseAddress', '10.244.0.1'], ['IpamDriver.ReleasePool', 'here/10.244.0.0/24'],
    ]);
  });

  test('gateways and routes are as Join says, and whose interface leads outside is told', async () => {
    await using world = await open({ Gateway: '10.245.0.1', DisableGatewayService: true, StaticRoutes: [{ Destination: '10.250.0.0/16', RouteType: 1 }, { Destination: '10.251.0.0/16', RouteType: 0, NextHop: '10.250.0.7' }] });
    const { daemon, plugin } = world;
    await daemon.ok('docker', ['network', 'create', '-d', 'wires', '--subnet', '10.245.0.0/24', 'own']);
    await daemon.ok('docker', ['run', '-d', '--name', 'one', '--network', 'own', 'busybox', 'sleep', '1000']);
    const routes = (await daemon.ok('docker', ['exec', 'one', 'ip', 'route'])).split('\n').map((line) => line.trim());
    assert.deepEqual(routes.filter((line) => !line.includes('src')), ['default via 10.245.0.1 dev wire0', '10.250.0.0/16 dev wire0 scope link', '10.251.0.0/16 via 10.250.0.7 dev wire0']);
    assert.match(await daemon.ok('docker', ['exec', 'one', 'ip', 'link']), /02:6e:61:72:75:01/);
    assert.equal(plugin.of('NetworkDriver.ProgramExternalConnectivity').length, 1);
    assert.equal((await call(daemon, 'GET', '/networks/docker_gwbridge')).status, 404);
    await daemon.ok('docker', ['network', 'disconnect', 'own', 'one']);
    assert.deepEqual(methods(plugin).slice(-3), ['RevokeExternalConnectivity', 'Leave', 'DeleteEndpoint']);
    assert.match(await daemon.ok('docker', ['exec', 'one', 'ip', '-o', 'link']), /^1: lo:[^\n]*$/);
    assert.equal(heldNamespaces(daemon), 1, 'its own, and no container\'s that has no interface of a plugin\'s');
  });

  test('what a plugin refuses is told in its words, and nothing is half made', async () => {
    await using world = await open({}, {
      'NetworkDriver.CreateNetwork': ({ Options }: { Options: Record<string, Record<string, string>> }) => (Options['com.docker.network.generic']?.['bad'] ? { Err: 'not that one' } : {}),
      'NetworkDriver.CreateEndpoint': () => ({ Interface: { MacAddress: '02:6e:61:72:75:01' } }),
    });
    const { daemon, plugin } = world;
    const create = (body: object) => call(daemon, 'POST', '/networks/create', body);
    const ipam = { Driver: 'wires' };
    assert.equal(errorOf(await create({ Name: 'n', Driver: 'wires', IPAM: ipam, Options: { bad: 'yes' } }), 500), 'remote: not that one');
    assert.deepEqual(methods(plugin).slice(-4), ['CreateNetwork', 'DeleteNetwork', 'ReleaseAddress', 'ReleasePool']);
    assert.equal(errorOf(await create({ Name: 'n', IPAM: { ...ipam, Config: [{ Subnet: '10.245.0.0/24', Gateway: '10.245.0.66' }] } }), 500), 'failed to allocate gateway (10.245.0.66): remote: that one is cursed');
    assert.equal(methods(plugin).at(-1), 'ReleasePool');
    assert.equal(errorOf(await create({ Name: 'n', Driver: 'nowhere' }), 404), 'plugin "nowhere" not found');
    assert.equal(errorOf(await create({ Name: 'n', Driver: 'nowhere', IPAM: { Config: [{ Subnet: 'x' }] } }), 400), 'invalid network config:\ninvalid subnet x: invalid CIDR block notation');
    assert.equal(errorOf(await create({ Name: 'n', IPAM: { Driver: 'nowhere' } }), 404), 'plugin "nowhere" not found');
    assert.deepEqual((await create({ Name: 'bare', Driver: 'wires', IPAM: { Driver: 'null' } })).status, 201);
    assert.deepEqual((await call(daemon, 'GET', '/networks/bare')).json().IPAM.Config, [{ Subnet: '0.0.0.0/0' }]);
    assert.equal((await create({ Name: 'bridged', IPAM: { ...ipam, Config: [{ Subnet: '10.245.0.0/24' }] } })).status, 201);
    const refused = async (...flags: string[]) => (await daemon.run('docker', ['run', '--rm', ...flags, 'busybox', 'true'])).stderr;
    assert.match(await refused('--network', 'bridged', '--ip', '10.245.0.66'), /remote: that one is cursed/);
    assert.match(await refused('--network', 'bare', '--ip', '10.9.0.9'), /user specified IP address is supported only when connecting to networks with user configured subnets/);
    assert.match(await refused('--network', 'bare', '--mac-address', '02:03:04:05:06:07'), /driver modified interface MAC address: endpoint interface MAC address present \(02:03:04:05:06:07\)\. Cannot be modified with 02:6e:61:72:75:01\.; rolled back/);
    assert.equal(methods(plugin).at(-1), 'DeleteEndpoint');
    assert.match(await daemon.ok('docker', ['run', '--rm', '--network', 'bridged', 'busybox', 'ip', '-o', '-4', 'addr']), /eth0 {4}inet 10\.245\.0\.\d+\/24/);
    assert.deepEqual((await call(daemon, 'GET', '/networks')).json().map(({ Name }: { Name: string }) => Name).toSorted(), ['bare', 'bridge', 'bridged', 'host', 'none']);
  });

  test('a plugin that hangs holds up its own networks alone; what a killed daemon left with it is given back', async () => {
    const hang = Promise.withResolvers<object>();
    await using world = await open({}, { 'NetworkDriver.Join': () => hang.promise });
    const { daemon, plugin } = world;
    await daemon.ok('docker', ['network', 'create', '-d', 'wires', '--ipam-driver', 'wires', 'far']);
    const stuck = daemon.run('docker', ['run', '-d', '--name', 'stuck', '--network', 'far', 'busybox', 'sleep', '1000']);
    await until('the plugin is asked', async () => plugin.of('NetworkDriver.Join').length === 1);
    assert.equal(await daemon.ok('docker', ['run', '--rm', 'busybox', 'echo', 'others']), 'others');
    assert.match(await daemon.ok('docker', ['network', 'ls']), /far/);
    await daemon.crash();
    await stuck;
    plugin.calls.length = 0;
    await daemon.up();
    await until('everything is given back', async () => methods(plugin).includes('ReleaseAddress'));
    assert.deepEqual(methods(plugin).filter((method) => /^(Leave|Delete|Release)/.test(method)), ['Leave', 'DeleteEndpoint', 'ReleaseAddress']);
    assert.deepEqual(methods(plugin).filter((method) => method.startsWith('Request')), ['RequestPool', 'RequestAddress'], 'a plugin that forgets its pools is told of them again');
    hang.resolve({});
    await daemon.ok('docker', ['rm', '-f', 'stuck']);
    await daemon.ok('docker', ['network', 'rm', 'far']);
  });

  test('a running container keeps its interface while the daemon is away, and gives it back after', async () => {
    await using world = await open();
    const { daemon, plugin, links } = world;
    await daemon.ok('docker', ['network', 'create', '-d', 'wires', '--ipam-driver', 'wires', 'far']);
    await daemon.ok('docker', ['run', '-d', '--name', 'one', '--network', 'far', 'busybox', 'sleep', '1000']);
    await daemon.crash();
    plugin.calls.length = 0;
    await daemon.up();
    assert.match(await daemon.ok('docker', ['exec', 'one', 'ip', '-o', '-4', 'addr']), /wire0 {4}inet 10\.245\.0\.10\/24/);
    const itsAddress = () => plugin.of('IpamDriver.RequestAddress').find(({ Address }) => Address === '10.245.0.10');
    await until('a plugin that forgets is told of it again', async () => itsAddress() !== undefined);
    assert.equal(itsAddress().Options['com.docker.network.endpoint.macaddress'], (await call(daemon, 'GET', '/containers/one/json')).json().NetworkSettings.Networks.far.MacAddress);
    const [name = ''] = links;
    await daemon.ok('docker', ['rm', '-f', 'one']);
    await until('everything is given back', async () => methods(plugin).includes('ReleaseAddress'));
    assert.deepEqual([links.size, await isThere(name)], [0, false]);
  });
});
