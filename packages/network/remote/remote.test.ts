/** Networks of plugins over a recorded host and plugins that are functions: what is asked, what is kept, what is given back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Database, Internal, Unavailable } from '#base';
import type { Plugin, Plugins } from '#plugins';
import { recordHost } from '../kernel.fake.ts';
import { createNetworks } from '../open.ts';
import type { EndpointRequest, Sandbox } from '../port.ts';

type Answer = (method: string, body: Record<string, unknown>) => object | undefined | Promise<object | undefined>;

/** One plugin, whatever it is asked for by; `asked` is every method with what it was about. */
function pluginOf(answer: Answer): Plugins & { readonly asked: string[] } {
  const asked: string[] = [];
  const ask = async (method: string, body: Record<string, unknown> = {}): Promise<unknown> => {
    asked.push([method.replace(/^\w+\./, ''), body['Address'] ?? body['PoolID']].filter(Boolean).join(' '));
    return answer(method, body) ?? usual(method, body);
  };
  const plugin = { name: 'p', ask } as unknown as Plugin;
  return { asked, get: async () => plugin, active: () => ['p'], names: () => ['p'] };
}

function usual(method: string, body: Record<string, unknown>): object | undefined {
  if (method === 'NetworkDriver.GetCapabilities') return { Scope: 'global' };
  if (method === 'IpamDriver.GetDefaultAddressSpaces') return { LocalDefaultAddressSpace: 'l', GlobalDefaultAddressSpace: 'g' };
  if (method === 'IpamDriver.RequestPool') return { PoolID: 'pool', Pool: '10.9.0.0/24', Data: { 'com.docker.network.gateway': '10.9.0.254/24' } };
  if (method === 'IpamDriver.RequestAddress') return { Address: `${String(body['Address'] || '10.9.0.7')}/24` };
  return method === 'IpamDriver.GetCapabilities' ? undefined : {};
}

async function open(plugins: Plugins, db = new Database(':memory:'), host = recordHost(), running: readonly Sandbox[] = []) {
  const warnings: string[] = [];
  const networks = createNetworks({ db, execRoot: '/run/naru', host, plugins, warn: (message) => void warnings.push(message) });
  await networks.recover(running);
  return { networks, db, host, warnings };
}

const far = { name: 'far', driver: 'p', ipam: { driver: 'p' } };
const seat: EndpointRequest = { containerId: 'c'.repeat(64), containerName: 'one', network: 'far', aliases: [], ports: [] };
const sandbox: Sandbox = { containerId: seat.containerId, pid: 42 };
const noDns = { servers: [], search: [], options: [] };
const keys = (db: Database) => db.all<{ key: string }>("SELECT key FROM network_values WHERE key LIKE 'plugin%'").length;

test('a gateway that comes with the pool is not asked for, and the scope is the plugin\'s', async () => {
  const plugins = pluginOf(() => undefined);
  const { networks, db } = await open(plugins);
  const network = await networks.create(far);
  assert.deepEqual([network.scope, network.remote, network.ipam.pools], ['global', true, [{ id: 'pool', subnet: '10.9.0.0/24', ipRange: '', gateway: '10.9.0.254', auxiliary: {}, isDefault: true }]]);
  assert.ok(!plugins.asked.some((line) => line.startsWith('RequestAddress')));
  await networks.remove('far');
  assert.deepEqual(plugins.asked.slice(-2), ['DeleteNetwork', 'ReleasePool pool']);
  assert.equal(keys(db), 0);
});

test('what a plugin refuses to take back is told and forgotten; one that is not heard is asked by the next daemon', async () => {
  let mood: 'well' | 'cross' | 'away' = 'well';
  const plugins = pluginOf((method) => {
    if (mood === 'cross' && method === 'NetworkDriver.DeleteEndpoint') throw new Internal('NetworkDriver.DeleteEndpoint: never heard of it');
    if (mood === 'away' && /Delete|Release/.test(method)) throw new Unavailable('connection refused');
    return undefined;
  });
  const { networks, db, warnings } = await open(plugins);
  await networks.create(far);
  await networks.allocate(seat);
  mood = 'cross';
  await networks.release(seat.containerId);
  assert.match(warnings.join(), /giving back endpoint [0-9a-f]{64}: NetworkDriver\.DeleteEndpoint: never heard of it/);
  assert.equal(plugins.asked.at(-1), 'ReleaseAddress 10.9.0.7');
  assert.equal(keys(db), 1, 'the network is all that it keeps');
  mood = 'well';
  await networks.allocate(seat);
  mood = 'away';
  await networks.release(seat.containerId);
  assert.deepEqual([networks.endpoints({ containerId: seat.containerId }), keys(db)], [[], 2]);
  mood = 'well';
  plugins.asked.length = 0;
  const second = await open(plugins, db);
  await second.networks.close({ keepDataPath: true });
  assert.deepEqual(plugins.asked.filter((line) => /^(Delete|Release)/.test(line)), ['DeleteEndpoint', 'ReleaseAddress 10.9.0.7']);
  assert.equal(keys(db), 1);
});

test('a daemon killed while a plugin makes a network leaves none', async () => {
  const hang = Promise.withResolvers<object>();
  const plugins = pluginOf((method) => (method === 'NetworkDriver.CreateNetwork' ? hang.promise : undefined));
  const { networks, db } = await open(plugins);
  void networks.create(far).catch(() => undefined); // nobody hears of it: its daemon is gone
  while (!plugins.asked.includes('CreateNetwork')) await new Promise((resolve) => setImmediate(resolve));
  assert.ok(networks.list().some(({ name }) => name === 'far'));
  const second = await open(plugins, db);
  await second.networks.close({ keepDataPath: true });
  assert.ok(!second.networks.list().some(({ name }) => name === 'far'));
  assert.deepEqual(plugins.asked.slice(-2), ['DeleteNetwork', 'ReleasePool pool']);
  assert.equal(keys(db), 0);
});

/** A container of the first daemon's runs on in `far`; the plugin forgets, and counts addresses. */
async function runsOn(answer: Answer = () => undefined) {
  let next = 7;
  const plugins = pluginOf((method, body) => {
    if (method === 'IpamDriver.GetCapabilities') return { RequiresRequestReplay: true };
    if (method === 'NetworkDriver.Join') return { DisableGatewayService: true };
    if (method === 'IpamDriver.RequestAddress' && !body['Address']) return { Address: `10.9.0.${next++}/24` };
    return answer(method, body);
  });
  const { networks, db } = await open(plugins);
  await networks.create({ ...far, ipam: { driver: 'p', pools: [{ subnet: '10.9.0.0/24', auxiliary: { printer: '10.9.0.99' } }] } });
  await networks.allocate(seat);
  await networks.attach(sandbox, noDns);
  await networks.close({ keepDataPath: true });
  plugins.asked.length = 0;
  return { plugins, db };
}

test('a plugin that forgets is asked again for what networks and running containers have, before anything new', async () => {
  const { plugins, db } = await runsOn();
  const { networks, warnings } = await open(plugins, db, recordHost(), [sandbox]);
  await networks.allocate({ ...seat, containerId: 'd'.repeat(64) });
  assert.deepEqual(plugins.asked.filter((line) => /^(Request|Create)/.test(line)), ['RequestPool', 'RequestAddress 10.9.0.254', 'RequestAddress 10.9.0.99', 'RequestAddress 10.9.0.7', 'RequestAddress', 'CreateEndpoint']);
  assert.deepEqual(warnings, []);
  await networks.close({ keepDataPath: true });
});

test('a network that goes takes along what its plugin was not heard about', async () => {
  let isAway = true;
  const plugins = pluginOf((method) => {
    if (isAway && method === 'NetworkDriver.DeleteEndpoint') throw new Unavailable('connection refused');
    return undefined;
  });
  const { networks, db } = await open(plugins);
  await networks.create(far);
  await networks.allocate(seat);
  await networks.release(seat.containerId);
  isAway = false;
  await networks.remove('far');
  assert.deepEqual(plugins.asked.slice(-4), ['DeleteEndpoint', 'ReleaseAddress 10.9.0.7', 'DeleteNetwork', 'ReleasePool pool']);
  assert.equal(keys(db), 0);
});

test('what a daemon before owes is given back before anybody gets an address anew, endpoints before networks', async () => {
  let isAway = false;
  const plugins = pluginOf((method) => {
    if (isAway && /Delete|Release/.test(method)) throw new Unavailable('connection refused');
    return undefined;
  });
  const { networks, db } = await open(plugins);
  for (const network of [far, { ...far, name: 'gone' }]) {
    await networks.create(network);
    await networks.allocate({ ...seat, network: network.name });
  }
  isAway = true;
  await networks.release(seat.containerId);
  await networks.remove('gone');
  isAway = false;
  plugins.asked.length = 0;
  const second = await open(plugins, db);
  await second.networks.allocate(seat);
  const back = ['DeleteEndpoint', 'ReleaseAddress 10.9.0.7'];
  assert.deepEqual(plugins.asked.filter((line) => /^(Delete|Release|Request)/.test(line)), [...back, ...back, 'DeleteNetwork', 'ReleasePool pool', 'RequestAddress']);
});

test('a container that ends while the daemon starts does not keep it from starting', async () => {
  const { plugins, db } = await runsOn();
  const host = recordHost();
  host.holdSandbox = () => assert.fail('it has ended');
  const { networks, warnings } = await open(plugins, db, host, [sandbox]);
  assert.deepEqual(warnings, [`network of container ${seat.containerId}: it has ended`]);
  await networks.release(seat.containerId);
  assert.deepEqual(plugins.asked.filter((line) => /^(Leave|Delete|Release)/.test(line)), ['Leave', 'DeleteEndpoint', 'ReleaseAddress 10.9.0.7']);
  await networks.close({ keepDataPath: true });
});

test('nobody gets a seat in a network before its plugin has made it', async () => {
  const making = Promise.withResolvers<object>();
  const plugins = pluginOf((method) => (method === 'NetworkDriver.CreateNetwork' ? making.promise : undefined));
  const { networks, db } = await open(plugins);
  const made = assert.rejects(networks.create(far), /no room/);
  while (!plugins.asked.includes('CreateNetwork')) await new Promise((resolve) => setImmediate(resolve));
  const seated = assert.rejects(networks.allocate(seat), /^NotFound: network [0-9a-f]{64} not found$/);
  const removed = assert.rejects(networks.remove('far'), /^NotFound: network [0-9a-f]{64} not found$/);
  making.reject(new Internal('no room'));
  await Promise.all([made, seated, removed]);
  assert.deepEqual(plugins.asked.filter((line) => /Endpoint|DeleteNetwork/.test(line)), ['DeleteNetwork']);
  assert.equal(keys(db), 0);
});

test('the way out of a plugin\'s network is a bridge: one of its name that is a plugin\'s too is refused, and nothing of the start is left', async () => {
  const plugins = pluginOf(() => undefined);
  const { networks, db } = await open(plugins);
  await networks.create({ ...far, ipam: { pools: [{ subnet: '10.9.0.0/24' }] } });
  await networks.create({ name: 'docker_gwbridge', driver: 'p', ipam: { pools: [{ subnet: '10.8.0.0/24' }] } });
  await networks.allocate(seat);
  await assert.rejects(networks.attach(sandbox, noDns), /^Conflict: network docker_gwbridge, by which containers of plugins' networks get out, has the driver p: it must be a bridge$/);
  await networks.release(seat.containerId);
  assert.deepEqual(networks.endpoints({ containerId: seat.containerId }), []);
  await networks.remove('docker_gwbridge');
  await networks.remove('far');
  assert.equal(keys(db), 0);
});

test('the daemon\'s own drivers are as they are, whoever gives the addresses', async () => {
  const plugins = pluginOf(() => undefined);
  const { networks } = await open(plugins);
  const ipam = { driver: 'p', pools: [{ subnet: '10.9.0.0/24' }] };
  await assert.rejects(networks.create({ name: 'two', driver: 'host', ipam }), /^Forbidden: only one instance of "host" network is allowed$/);
  await assert.rejects(networks.create({ name: 'two', driver: 'overlay', ipam }), /^Forbidden: This node is not a swarm manager/);
  assert.deepEqual(plugins.asked, []);
  await networks.create({ name: 'one', ipam });
  await assert.rejects(networks.create({ name: 'two', ipam }), /^Forbidden: cannot create network .*: networks have overlapping IPv4$/);
  assert.equal(plugins.asked.at(-1), 'ReleasePool pool');
  await assert.rejects(networks.create({ name: 'two', ipam: { pools: [{ subnet: '10.9.0.128/25' }] } }), /networks have overlapping IPv4$/);
});

test('the pool that a plugin chooses for this host alone must not be one that it reaches elsewhere; one that it insists on is refused', async () => {
  let scope = 'local';
  const plugins = pluginOf((method) => (method === 'NetworkDriver.GetCapabilities' ? { Scope: scope } : undefined));
  const { networks } = await open(plugins);
  const host = recordHost();
  assert.equal((await networks.create(far)).ipam.pools[0]?.subnet, '10.9.0.0/24');
  const db = new Database(':memory:');
  const second = createNetworks({ db, execRoot: '/run/naru', host: { ...host, netlink: { ...host.netlink, query: () => [routeTo('10.9.0.0', 16)] } }, plugins });
  await assert.rejects(second.create(far), /^Forbidden: pool 10\.9\.0\.0\/24 of ipam driver "p" overlaps with a network of the host$/);
  assert.equal(plugins.asked.at(-1), 'ReleasePool pool');
  assert.equal(keys(db), 0);
  scope = 'global';
  assert.equal((await second.create(far)).ipam.pools[0]?.subnet, '10.9.0.0/24', 'an address space that hosts share is the plugin\'s to know');
});

/** An RTM_NEWROUTE message of the main table: struct rtmsg, then its destination (RTA_DST). */
function routeTo(address: string, prefix: number) {
  const destination = Buffer.from([8, 0, 1, 0, ...address.split('.').map(Number)]);
  return { type: 24, flags: 0, sequence: 0, body: Buffer.concat([Buffer.from([2, prefix, 0, 0, 254, 3, 0, 1, 0, 0, 0, 0]), destination]) };
}
