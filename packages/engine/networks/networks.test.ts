import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeyedLock, NotFound } from '#base';
import type { CreateNetwork, Endpoint, NetworkRecord, Networks } from '#network';
import type { CreateNetworkBody } from '#spec';
import type { Engine } from '../context.ts';
import { exampleHostConfig, exampleRecord } from '../fakes.ts';
import { connectNetwork } from './connect.ts';
import { createNetwork } from './create.ts';
import { disconnectNetwork } from './disconnect.ts';
import { inspectNetwork } from './inspect.ts';
import { listNetworks } from './list.ts';
import { pruneNetworks } from './prune.ts';
import { networkResource } from './resource.ts';

type Room = Pick<Engine, 'config' | 'networks' | 'containers' | 'supervisor' | 'events' | 'lives' | 'clock' | 'log'>;

const network = (name: string, more: Partial<NetworkRecord> = {}): NetworkRecord => ({
  id: `${name}-id`, name, driver: 'bridge', scope: 'local', created: 0, enableIPv4: true, enableIPv6: false, internal: false,
  attachable: false, options: {}, labels: {}, interfaceName: 'x',
  ipam: { driver: 'default', options: {}, pools: [{ subnet: '10.9.0.0/24', ipRange: '', gateway: '10.9.0.1', auxiliary: {} }] }, ...more,
});

/** Networks `bridge`, `host`, `none`, `net` and `full`; a container `c` whose status is given, seated on `full` unless told. */
function room(status: string, mode = 'bridge', seats = ['full']): { engine: Room; told: string[]; calls: string[]; networksOf: () => string[]; become: (next: string) => void } {
  const told: string[] = [];
  const calls: string[] = [];
  const held = [network('bridge'), network('host', { driver: 'host' }), network('none', { driver: 'null' }), network('net', { labels: { a: '1' } }), network('full')];
  let record = exampleRecord({ id: 'c'.repeat(64), name: 'c', hostConfig: exampleHostConfig({ NetworkMode: mode }), networks: Object.fromEntries(seats.map((name) => [name, {} as never])) });
  const seat = { id: 'e1', networkId: 'full-id', containerId: record.id, macAddress: 'm', ipv4: { address: '10.9.0.2', prefix: 24, gateway: '' }, dnsNames: ['c'], ports: [] };
  const networks: Partial<Networks> = {
    list: () => held,
    find(name) {
      const found = held.find((each) => each.name === name || each.id === name);
      if (!found) throw new NotFound(`network ${name} not found`);
      return found;
    },
    endpoints: (of) => ('networkId' in of ? of.networkId === 'full-id' : of.containerId === record.id) ? [seat as unknown as Endpoint] : [],
    allocate: async (request) => (calls.push(`allocate ${request.network}`), { id: 'e2' }) as unknown as Endpoint,
    connect: async () => (calls.push('connect'), {}) as Endpoint,
    disconnect: async (sandbox, id) => void calls.push(`disconnect ${id} ${sandbox ? 'live' : 'gone'}`),
    remove: async (id) => void calls.push(`remove ${id}`),
  };
  const engine = {
    networks,
    containers: {
      get: () => record,
      find(name: string) {
        if (name !== 'c' && name !== record.id) throw new NotFound(`No such container: ${name}`);
        return record;
      },
      list: () => [record],
      update: (_: string, change: object) => (record = { ...record, ...change }),
    },
    config: { dns: { servers: [], search: [], options: [] } },
    supervisor: { state: () => ({ status, pid: 7, endpoints: [] }), reseat: async () => undefined },
    events: { publish: (type: string, action: string, id: string) => void told.push(`${type} ${action} ${id}`) },
    lives: { starts: new KeyedLock() },
    clock: { now: () => 0 },
    log: () => undefined,
  };
  return { engine: engine as unknown as Room, told, calls, networksOf: () => Object.keys(record.networks), become: (next) => void (status = next) };
}

test('a running container is plugged in, a stopped one takes its seat at the next start', async () => {
  const live = room('running');
  await connectNetwork(live.engine, 'net', { Container: 'c' });
  assert.deepEqual([live.calls, live.told, live.networksOf()], [['allocate net-id', 'connect'], ['network connect net-id'], ['full', 'net']]);
  const stopped = room('exited');
  await connectNetwork(stopped.engine, 'net', { Container: 'c' });
  assert.deepEqual([stopped.calls, stopped.told, stopped.networksOf()], [[], [], ['full', 'net']]);
});

test('who is connected amid its start is plugged in once that is over, not at the next one', async () => {
  const { engine, calls, become } = room('created');
  const started = Promise.withResolvers<void>();
  const start = engine.lives.starts.run('c'.repeat(64), async () => {
    await started.promise;
    become('running');
  });
  const changes = [connectNetwork(engine, 'net', { Container: 'c' }), disconnectNetwork(engine, 'net', { Container: 'c' }).catch((error: Error) => calls.push(error.message))];
  await new Promise(setImmediate);
  assert.deepEqual(calls, []);
  started.resolve();
  await Promise.all([start, ...changes]);
  assert.deepEqual(calls, ['allocate net-id', 'connect', `container ${'c'.repeat(64)} is not connected to network net`]);
});

test('what cannot be connected is refused in Docker\'s words', async () => {
  const { engine } = room('running');
  await assert.rejects(connectNetwork(engine, 'net', { Container: 'ghost' }), { message: 'No such container: ghost' });
  await assert.rejects(connectNetwork(engine, 'ghost', { Container: 'c' }), { name: 'Internal', message: 'invalid cluster node while attaching to network' });
  await assert.rejects(connectNetwork(engine, 'host', { Container: 'c' }), {
    name: 'InvalidArgument', message: 'container cannot be disconnected from host network or connected to host network',
  });
  await assert.rejects(connectNetwork(room('running', 'none', ['none']).engine, 'net', { Container: 'c' }), /private \(none\) mode/);
  await assert.rejects(connectNetwork(room('running').engine, 'none', { Container: 'c' }), /private \(none\) mode/);
  await assert.rejects(connectNetwork(room('running', 'host', ['host']).engine, 'net', { Container: 'c' }), /^InvalidArgument: container sharing network namespace with another container or host cannot be/);
  await assert.rejects(connectNetwork(room('running', 'host', ['host']).engine, 'host', { Container: 'c' }), { name: 'Forbidden', message: 'endpoint with name c already exists in network host' });
  const far = { Container: 'c', EndpointConfig: { IPAMConfig: { IPv4Address: 'far', IPv6Address: 'fd00::1' } } };
  await assert.rejects(connectNetwork(engine, 'net', far), {
    name: 'InvalidArgument',
    message: 'invalid endpoint settings:\n* invalid IPv4 address: far\n* no configured subnet or ip-range contain the IP address far\n* user specified IP address is supported only when connecting to networks with user configured subnets',
  });
});

test('a network that is gone is left by who does not run, or by force', async () => {
  await assert.rejects(disconnectNetwork(room('running', 'bridge', ['gone', 'full']).engine, 'gone', { Container: 'c' }), { name: 'NotFound', message: 'network gone not found' });
  for (const [status, Force] of [['exited', false], ['running', true]] as const) {
    const { engine, networksOf } = room(status, 'bridge', ['gone', 'full']);
    await disconnectNetwork(engine, 'gone', { Container: 'c', Force });
    assert.deepEqual(networksOf(), ['full']);
    await assert.rejects(disconnectNetwork(engine, 'gone', { Container: 'c', Force }), { name: 'Internal', message: /^container c+ is not connected to the network gone$/ });
  }
});

test('what is connected and disconnected at the same time is all kept', async () => {
  const live = room('running');
  const change = (network: string) => ({ on: () => connectNetwork(live.engine, network, { Container: 'c' }), off: () => disconnectNetwork(live.engine, network, { Container: 'c' }) });
  await Promise.all([change('net').on(), change('full').off(), change('bridge').on()]);
  assert.deepEqual(live.networksOf().toSorted(), ['bridge', 'net']);
});

test('who leaves none may take another seat, and who has no seat may go there', async () => {
  const live = room('running', 'none', ['none']);
  await disconnectNetwork(live.engine, 'none', { Container: 'c' });
  await connectNetwork(live.engine, 'net', { Container: 'c' });
  assert.deepEqual([live.calls, live.networksOf()], [['allocate net-id', 'connect'], ['net']]);
  const bare = room('running', 'net', []);
  await connectNetwork(bare.engine, 'none', { Container: 'c' });
  assert.deepEqual([bare.calls, bare.networksOf()], [[], ['none']]);
  const seated = [live, bare].map(({ engine }) => Object.keys(inspectNetwork(engine, 'none', { scope: '', showIPv4: true }).Containers ?? {}).length);
  assert.deepEqual(seated, [0, 1], 'whoever left is not shown there');
  assert.deepEqual([...live.told, ...bare.told], ['network disconnect none-id', 'network connect net-id', 'network connect none-id']);
});

test('the settings with which a stopped container was connected first hold', async () => {
  const stopped = room('exited');
  const connect = (alias: string) => connectNetwork(stopped.engine, 'net', { Container: 'c', EndpointConfig: { Aliases: [alias] } });
  await connect('first');
  await connect('second');
  assert.deepEqual(stopped.engine.containers.find('c').networks['net']?.Aliases, ['first']);
});

test('disconnecting unplugs, forgets and tells', async () => {
  const live = room('running');
  await disconnectNetwork(live.engine, 'full', { Container: 'c' });
  assert.deepEqual([live.calls, live.told, live.networksOf()], [['disconnect e1 live'], ['network disconnect full-id'], []]);
  await assert.rejects(disconnectNetwork(room('running').engine, 'net', { Container: 'c' }), { message: `container ${'c'.repeat(64)} is not connected to network net` });
  await assert.rejects(disconnectNetwork(room('exited').engine, 'net', { Container: 'c' }), { message: `container ${'c'.repeat(64)} is not connected to the network net` });
  const forced = room('exited');
  await disconnectNetwork(forced.engine, 'full', { Container: 'cccc', Force: true });
  assert.deepEqual(forced.calls, ['disconnect e1 gone']);
  await assert.rejects(disconnectNetwork(forced.engine, 'full', { Container: 'ghost', Force: true }), { name: 'NotFound', message: 'endpoint ghost not found' });
});

test('inspect shows who sits there, lists filter', () => {
  const { engine } = room('running');
  const shown = inspectNetwork(engine, 'full', { scope: '', showIPv4: false });
  assert.deepEqual(shown.Containers, { ['c'.repeat(64)]: { Name: 'c', EndpointID: 'e1', MacAddress: 'm', IPv4Address: '10.9.0.2/24', IPv6Address: '' } });
  assert.equal('EnableIPv4' in shown, false);
  assert.throws(() => inspectNetwork(engine, 'full', { scope: 'swarm', showIPv4: true }), NotFound);
  const names = (filters: Record<string, string[]>) => listNetworks(engine, new Map(Object.entries(filters)), { detailed: false, showIPv4: true }).map((each) => each.Name);
  assert.deepEqual(names({ dangling: ['true'] }), ['net']);
  assert.deepEqual(names({ type: ['builtin'] }), ['bridge', 'host', 'none']);
  assert.deepEqual(names({ label: ['a=1'] }), ['net']);
  assert.throws(() => names({ type: ['x'] }), { message: "invalid filter: 'type'='x'" });
});

test('prune takes empty networks of people\'s own', async () => {
  const { engine, calls } = room('running');
  assert.deepEqual(await pruneNetworks(engine, new Map()), { NetworksDeleted: ['net'] });
  assert.deepEqual(calls, ['remove net-id']);
  assert.deepEqual(await pruneNetworks(engine, new Map([['label', ['zzz']]])), { NetworksDeleted: null });
});

test('the daemon\'s options for a driver stand where a new network has none of its own; two of them are switches', async () => {
  const made: CreateNetwork[] = [];
  const engine = {
    networks: { create: async (request: CreateNetwork) => (made.push(request), network(request.name)) },
    events: { publish: () => undefined },
    config: { defaultNetworkOptions: { bridge: { mtu: '1234', 'com.docker.network.enable_ipv6': 'true' } } },
  } as unknown as Parameters<typeof createNetwork>[0];
  const options = async (body: CreateNetworkBody) => {
    await createNetwork(engine, { Name: 'n', ...body });
    const { options: { mtu } = {}, enableIPv4, enableIPv6 } = made.at(-1) ?? assert.fail('nothing was made');
    return [mtu, enableIPv4, enableIPv6];
  };
  assert.deepEqual(await options({}), ['1234', undefined, true]);
  assert.deepEqual(await options({ Options: { mtu: '9' }, EnableIPv6: false }), ['9', undefined, false]);
  assert.deepEqual(await options({ Options: { 'com.docker.network.enable_ipv4': '0' } }), ['1234', false, true]);
  assert.deepEqual(await options({ ConfigFrom: { Network: 'c' } }), [undefined, undefined, false]);
  assert.deepEqual(await options({ Driver: 'macvlan' }), [undefined, undefined, false]);
  await assert.rejects(createNetwork(engine, { Name: 'n', Options: { 'com.docker.network.enable_ipv4': 'maybe' } }), { message: 'driver-opt "com.docker.network.enable_ipv4" is not a valid bool' });
});

test('a network shows its IPv4 subnets before those of IPv6, in whatever order they were asked for', () => {
  const pool = (subnet: string) => ({ subnet, ipRange: '', gateway: '', auxiliary: {} });
  const network = { name: 'n', created: 0, ipam: { driver: 'default', options: null, pools: [pool('fd00::/64'), pool('10.1.0.0/24'), pool('10.2.0.0/24')] } } as unknown as NetworkRecord;
  assert.deepEqual(networkResource(network, { showIPv4: true }).IPAM.Config?.map(({ Subnet }) => Subnet), ['10.1.0.0/24', '10.2.0.0/24', 'fd00::/64']);
});
