import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Endpoint, NetworkRecord, PortBinding } from '../port.ts';
import { addRequests, deleteRequests, elementsOfEndpoint, textOf } from './ports.ts';
import { addText, deleteText, elementsOfNetwork, joinElements, removeTableText, tableText } from './ruleset.ts';

function network(rest: Partial<NetworkRecord> = {}): NetworkRecord {
  const ipam = { driver: 'default', options: {}, pools: [{ subnet: '172.18.0.0/16', ipRange: '', gateway: '172.18.0.1', auxiliary: {} }] };
  return { id: 'n', name: 'app', driver: 'bridge', scope: 'local', created: 0, enableIPv4: true, enableIPv6: false, internal: false, attachable: false, options: {}, labels: {}, ipam, interfaceName: 'nr-1', ...rest };
}

function endpoint(ports: PortBinding[], rest: Partial<Endpoint> = {}): Endpoint {
  return { id: 'e', networkId: 'n', networkName: 'app', containerId: 'c', ipv4: { address: '172.18.0.2', prefix: 16, gateway: '172.18.0.1' }, ipv6: undefined, macAddress: '', aliases: [], dnsNames: [], ports, interfaceName: 'eth0', driverOptions: {}, gatewayPriority: 0, ...rest };
}

const port = (hostIp: string, hostPort: number, protocol: 'tcp' | 'udp' = 'tcp'): PortBinding => ({ protocol, containerPort: 80, hostIp, hostPort, hostPortEnd: hostPort });
const option = (key: string, value: string) => ({ [`com.docker.network.bridge.${key}`]: value });

test('a network brings its bridge, its subnet and the right to talk inside', () => {
  assert.equal(
    addText('t', elementsOfNetwork(network())),
    'add element inet t bridges { "nr-1" }\nadd element inet t pairs { "nr-1" . "nr-1" }\nadd element inet t own4 { "nr-1" . 172.18.0.0/16 }\nadd element inet t masquerade4 { 172.18.0.0/16 }\n',
  );
  assert.ok(deleteText('t', elementsOfNetwork(network())).startsWith('delete element inet t bridges { "nr-1" }\n'));
});

test('options take rights away', () => {
  const sets = (rest: Partial<NetworkRecord>) => [...elementsOfNetwork(network(rest)).keys()];
  assert.ok(!sets({ options: option('enable_icc', 'false') }).includes('inet pairs'));
  assert.ok(!sets({ options: option('enable_ip_masquerade', 'false') }).includes('inet masquerade4'));
  assert.ok(!sets({ options: option('gateway_mode_ipv4', 'routed') }).includes('inet masquerade4'));
  assert.match(addText('t', elementsOfNetwork(network({ options: { 'com.docker.network.host_ipv4': '192.0.2.7' } }))), /snat4 \{ 172\.18\.0\.0\/16 : 192\.0\.2\.7 \}/);
  const dual = [{ subnet: '172.18.0.0/16', ipRange: '', gateway: '', auxiliary: {} }, { subnet: 'fd00::/64', ipRange: '', gateway: '', auxiliary: {} }];
  const unprotected = sets({ options: option('gateway_mode_ipv6', 'nat-unprotected'), ipam: { driver: 'default', options: {}, pools: dual } });
  assert.deepEqual(unprotected.filter((name) => name.includes('unprotected')), ['inet unprotected6'], 'of one family alone');
  assert.deepEqual(sets({ internal: true }), ['inet bridges', 'inet pairs', 'inet internal', 'inet own4']);
  assert.deepEqual(sets({ driver: 'host', interfaceName: '' }), []);
  assert.throws(() => sets({ options: option('enable_icc', 'perhaps') }), /^InvalidArgument: .*parsing "perhaps": invalid syntax/);
});

test('published ports are elements by family and by address', () => {
  const ports = [port('0.0.0.0', 8080), port('::', 8080), port('127.0.0.1', 8081, 'udp')];
  const dual = endpoint(ports, { ipv6: { address: 'fd00::2', prefix: 64, gateway: 'fd00::1' } });
  assert.deepEqual([...textOf(elementsOfEndpoint(dual, network(), { guarded: false }))], [
    ['inet any4', ['6 . 8080 : 172.18.0.2 . 80']],
    ['inet any6', ['6 . 8080 : fd00::2 . 80']],
    ['inet bound4', ['127.0.0.1 . 17 . 8081 : 172.18.0.2 . 80']],
  ]);
  assert.deepEqual(elementsOfEndpoint(endpoint([port('::', 8080)]), network(), { guarded: true }), [], 'no IPv6 inside, nothing to translate to');
  assert.deepEqual(elementsOfEndpoint(endpoint([port('0.0.0.0', 8080)]), network({ internal: true }), { guarded: true }), []);
});

test('the same elements as the bytes of registers: one message for each set', () => {
  const [map, guard, ...rest] = addRequests('t', elementsOfEndpoint(endpoint([port('0.0.0.0', 8080)]), network(), { guarded: true }));
  assert.deepEqual(rest, []);
  assert.equal(map?.about, 'elements of inet t any4');
  const hex = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString('hex');
  // key { value 06000000 1f900000 } data { value ac120002 00500000 }
  assert.ok(hex(map?.body).endsWith('10000180' + '0c000100' + '060000001f900000' + '10000280' + '0c000100' + 'ac12000200500000'), hex(map?.body));
  assert.equal(guard?.about, 'elements of ip t any');
  assert.ok(hex(guard?.body).endsWith('10000180' + '0c000100' + '060000001f900000'));
  const [deleted] = deleteRequests('t', elementsOfEndpoint(endpoint([port('0.0.0.0', 8080)]), network(), { guarded: false }));
  assert.ok(hex(deleted?.body).endsWith('10000180' + '0c000100' + '060000001f900000'), 'by key alone');
});

test('a routed network opens ports without translating', () => {
  const routed = elementsOfEndpoint(endpoint([port('0.0.0.0', 8080)]), network({ options: option('gateway_mode_ipv4', 'routed') }), { guarded: true });
  assert.deepEqual([...textOf(routed)], [['inet open4', ['172.18.0.2 . 6 . 80']]]);
});

test('a routed family opens the container\'s ports that another network publishes', () => {
  const routed = network({ options: option('gateway_mode_ipv4', 'routed') });
  const seat = { ...endpoint([]), openPorts: [port('', 8080), port('::', 8081), { ...port('', 8082), containerPort: 81 }] };
  assert.deepEqual([...textOf(elementsOfEndpoint(seat, routed, { guarded: true }))], [['inet open4', ['172.18.0.2 . 6 . 80', '172.18.0.2 . 6 . 81']]]);
  assert.deepEqual(elementsOfEndpoint(seat, network(), { guarded: true }), []);
});

test('the whole table replaces itself in one transaction', () => {
  const text = tableText('t', joinElements([elementsOfNetwork(network()), elementsOfNetwork(network({ interfaceName: 'nr-2' }))]), undefined);
  assert.ok(text.startsWith('add table inet t\ndelete table inet t\nadd table ip t\ndelete table ip t\nadd table ip6 t\ndelete table ip6 t\ntable inet t {\n'));
  assert.ok(!text.includes('dup to'));
  assert.ok(text.includes('add element inet t bridges { "nr-1", "nr-2" }\n'));
  assert.ok(text.startsWith(removeTableText('t')));
});

test('protocols go by number, for a host without /etc/protocols', () => {
  assert.doesNotMatch(tableText('t', new Map(), undefined), /l4proto [a-z]/);
});

test('with the guard only what came round is translated, and what the host let in is sent round', () => {
  const text = tableText('t', textOf(elementsOfEndpoint(endpoint([port('0.0.0.0', 8080), port('10.0.0.1', 8081)]), network(), { guarded: true })), { in: 'g-in', out: 'g-out', indexes: [1, 2], mark: undefined, ipv6: true });
  assert.ok(text.includes('    iifname @bridges jump published\n    iifname "g-in" jump published\n'));
  assert.ok(text.includes('    meta l4proto . th dport @any fib daddr type local dup to 169.254.77.77 device "g-out" drop\n'));
  assert.ok(text.endsWith('add element inet t any4 { 6 . 8080 : 172.18.0.2 . 80 }\nadd element ip t any { 6 . 8080 }\nadd element inet t bound4 { 10.0.0.1 . 6 . 8081 : 172.18.0.2 . 80 }\nadd element ip t bound { 10.0.0.1 . 6 . 8081 }\n'), text.slice(-400));
  assert.ok(!text.includes('meta mark set'));
  assert.ok(tableText('t', new Map(), { in: 'g-in', out: 'g-out', indexes: [1, 2], mark: 7, ipv6: false }).includes('iifname "g-in" meta mark set 7'));
});
