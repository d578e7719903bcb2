import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NetworkRecord } from '#network';
import { exampleHostConfig, exampleRecord } from '../../fakes.ts';
import { endpointRequest, publishingNetwork, networkSeat, type SeatContext } from './network-seat.ts';

const bridge = { id: 'b', name: 'bridge', driver: 'bridge', internal: false, enableIPv4: true, enableIPv6: true, options: {}, ipam: { pools: [{ gateway: '172.17.0.1' }, { gateway: 'fd00::1' }] } } as unknown as NetworkRecord;
const context: SeatContext = { networks: { find: () => bridge, list: () => [bridge] }, containers: { find: () => exampleRecord() }, linkedHosts: [], reaches: [], hostGatewayIps: [] };

test('host-gateway is the host by each of its addresses on the default bridge, or those that the daemon was told', () => {
  const record = exampleRecord({ hostConfig: exampleHostConfig({ NetworkMode: 'bridge', ExtraHosts: ['up:host-gateway', 'other:10.0.0.9'] }), networks: { bridge: {} as never } });
  const hosts = (given: SeatContext): readonly string[] => {
    const seat = networkSeat(record, given);
    return seat.mode === 'own' ? (seat.extraHosts ?? []) : [];
  };
  assert.deepEqual(hosts(context), ['up:172.17.0.1', 'up:fd00::1', 'other:10.0.0.9']);
  assert.deepEqual(hosts({ ...context, hostGatewayIps: ['192.0.2.1', '2001:db8::1'] }), ['up:192.0.2.1', 'up:2001:db8::1', 'other:10.0.0.9']);
  assert.throws(() => hosts({ ...context, networks: { find: () => bridge, list: () => [] } }), /unable to derive the IP value for host-gateway/);
});

test('the host\'s network is none of several: who names it without having it as NetworkMode does not start', () => {
  const host = { ...bridge, name: 'host', driver: 'host' } as NetworkRecord;
  const record = exampleRecord({ hostConfig: exampleHostConfig({ NetworkMode: 'bridge' }), networks: { host: {} as never } });
  assert.throws(() => networkSeat(record, { ...context, networks: { find: () => host, list: () => [host] } }), { name: 'InvalidArgument', message: 'container cannot be disconnected from host network or connected to host network' });
});

test('IPv6 is off by a sysctl of the container, or of the one endpoint', () => {
  const off = (Sysctls: Record<string, string>, sysctls?: string): boolean => {
    const settings = { DriverOpts: sysctls === undefined ? null : { 'com.docker.network.endpoint.sysctls': sysctls } };
    return endpointRequest(exampleRecord({ hostConfig: exampleHostConfig({ Sysctls }), networks: { bridge: settings as never } }), 'bridge', context, false).withoutIPv6 ?? false;
  };
  assert.deepEqual([off({}), off({ 'net.ipv6.conf.all.disable_ipv6': '1' }), off({ 'net.ipv6.conf.all.disable_ipv6': '0' })], [false, true, false]);
  assert.deepEqual([off({}, 'net.ipv4.conf.IFNAME.log_martians=1,net.ipv6.conf.ifname.disable_ipv6=1'), off({}, 'net.ipv6.conf.IFNAME.disable_ipv6=0')], [true, false]);
});

test('a seat is in the network in which it was, not in one that has its name since; those of every daemon go by name', () => {
  const asked: string[] = [];
  const find = (name: string): NetworkRecord => (asked.push(name), bridge);
  const seatIn = (name: string, NetworkID: string) => endpointRequest(exampleRecord({ hostConfig: exampleHostConfig({ NetworkMode: name }), networks: { [name]: { NetworkID } as never } }), name, { networks: { find } }, false);
  seatIn('mine', '');
  seatIn('mine', 'f00');
  seatIn('bridge', 'f00');
  assert.deepEqual(asked, ['mine', 'f00', 'bridge']);
});

test('ports are published by the network of the default route: the highest priority, one of both families, then by name', () => {
  const dual = { ...bridge, name: 'z' };
  const single = { ...bridge, name: 'a', enableIPv6: false };
  assert.equal(publishingNetwork([single, dual]), 'z');
  assert.equal(publishingNetwork([{ ...single, gatewayPriority: 1 }, dual]), 'a');
  assert.equal(publishingNetwork([single, { ...dual, withoutIPv6: true }]), 'a');
  assert.equal(publishingNetwork([single, { ...dual, internal: true }]), 'a');
});

test('a routed network is told of all ports, for it opens them also where another one publishes them', () => {
  const record = exampleRecord({ config: { ...exampleRecord().config, ExposedPorts: { '80/tcp': {} } }, hostConfig: exampleHostConfig({ PortBindings: { '80/tcp': [{ HostIp: '', HostPort: '8080' }] } }), networks: { bridge: {} as never } });
  const askedOf = (options: Record<string, string>) => endpointRequest(record, 'bridge', { networks: { find: () => ({ ...bridge, options }) } }, false).containerPorts?.published.map(({ containerPort }) => containerPort);
  assert.deepEqual(askedOf({ 'com.docker.network.bridge.gateway_mode_ipv6': 'routed' }), [80]);
  assert.equal(askedOf({}), undefined);
});
