/** A container's `NetworkSettings` as inspect and list show them: what was asked for, filled in with what it has now. */
import { createHash } from 'node:crypto';
import { dnsNamesOf, type Endpoint, type NetworkRecord } from '#network';
import type { EndpointSettings, NetworkSettings, PortMap } from '#spec';
import type { ContainerState } from '#supervisor';
import type { Engine } from '../context.ts';
import type { ContainerRecord } from './record.ts';
import { completeEndpoint, publishingNetwork } from './spec/network-seat.ts';
import { containerOfMode } from './spec/modes.ts';
import { portMap } from './spec/ports.ts';

type SeatedState = Pick<ContainerState, 'id' | 'status' | 'startedAt' | 'endpoints'>;

/**
 * Settings by network name. What a container was given for one life goes with it; from its first start on, ended, failed or
 * not, it shows the ids of its networks (by which Compose tells whether it must be made anew) and its names there.
 */
export function endpointSettings(engine: Pick<Engine, 'networks'>, record: ContainerRecord, state: SeatedState): Record<string, EndpointSettings> {
  const settings: Record<string, EndpointSettings> = {};
  for (const [name, asked] of Object.entries(record.networks)) settings[name] = { ...asked };
  Object.assign(settings, lasting(engine, record, state));
  for (const [name, seat] of Object.entries(settings)) if (isPlainNetwork(name)) seat.EndpointID = plainEndpointId(state);
  for (const endpoint of state.endpoints) {
    if (endpoint.isGateway) continue; // nobody asked for it, and Docker does not show it here
    const asked = settings[endpoint.networkName] ?? completeEndpoint(null);
    settings[endpoint.networkName] = { ...asked, ...live(endpoint) };
  }
  return settings;
}

/** Of the networks in which it has been and has no endpoint now: it has ended, they are gone, or they have none to give (host, none). */
function lasting({ networks }: Pick<Engine, 'networks'>, record: ContainerRecord, { startedAt, endpoints }: SeatedState): Record<string, EndpointSettings> {
  const missing = Object.entries(record.networks).filter(([name, { NetworkID }]) => (startedAt !== undefined || NetworkID) && !endpoints.some(({ networkName }) => networkName === name));
  if (missing.length === 0) return {};
  const known = networks.list();
  return Object.fromEntries(missing.map(([name, asked]) => {
    const network = known.find((its) => (asked.NetworkID ? its.id === asked.NetworkID : its.name === name));
    if (network) return [name, { ...asked, NetworkID: network.id, DNSNames: dnsNames(network, record, asked) }];
    return [name, asked.NetworkID ? { ...asked, DNSNames: dnsNames({ name, driver: '' }, record, asked) } : asked];
  }));
}

/** Host and none have no endpoints of their own. */
export function isPlainNetwork(name: string): boolean {
  return name === 'host' || name === 'none';
}

/** What a run on such a network shows as its endpoint's id, by which clients tell runs apart: made from the run, '' without one. */
export function plainEndpointId({ id, status, startedAt }: SeatedState): string {
  if (status !== 'running' && status !== 'paused') return '';
  return createHash('sha256').update(`${id} ${startedAt}`).digest('hex');
}

function dnsNames(network: Pick<NetworkRecord, 'name' | 'driver'>, { id, name, config }: ContainerRecord, { Aliases }: EndpointSettings): string[] | null {
  const names = dnsNamesOf(network, { containerId: id, containerName: name, aliases: Aliases ?? [], hostname: config.Hostname });
  return names.length > 0 ? names : null;
}

/** Inspect's whole. A container that joined another's network shows nothing of its own. */
export function networkSettings(engine: Pick<Engine, 'networks'>, record: ContainerRecord, state: ContainerState): NetworkSettings {
  const running = state.status === 'running' || state.status === 'paused';
  const networks = endpointSettings(engine, record, state);
  const mode = record.hostConfig.NetworkMode;
  const bridge = networks['bridge'];
  const sandbox = containerOfMode(mode) === undefined && (running || state.startedAt !== undefined) ? record.id : '';
  return {
    Bridge: '',
    SandboxID: sandbox,
    SandboxKey: running && sandbox !== '' ? `/proc/${state.pid}/ns/net` : '',
    Ports: portsOf(engine, record, state),
    HairpinMode: false,
    LinkLocalIPv6Address: '',
    LinkLocalIPv6PrefixLen: 0,
    SecondaryIPAddresses: null,
    SecondaryIPv6Addresses: null,
    EndpointID: bridge?.EndpointID ?? '',
    Gateway: bridge?.Gateway ?? '',
    GlobalIPv6Address: bridge?.GlobalIPv6Address ?? '',
    GlobalIPv6PrefixLen: bridge?.GlobalIPv6PrefixLen ?? 0,
    IPAddress: bridge?.IPAddress ?? '',
    IPPrefixLen: bridge?.IPPrefixLen ?? 0,
    IPv6Gateway: bridge?.IPv6Gateway ?? '',
    MacAddress: bridge?.MacAddress ?? '',
    Networks: networks,
  };
}

/** Exposed and published ports of a running container, where one of its networks can publish any; nothing while it does not run. */
export function portsOf({ networks }: Pick<Engine, 'networks'>, { config }: Pick<ContainerRecord, 'config'>, { endpoints }: Pick<SeatedState, 'endpoints'>): PortMap {
  const map = portMap(config, endpoints.flatMap(({ ports }) => ports));
  if (Object.keys(map).length === 0) return map;
  return publishingNetwork(endpoints.map(({ networkId }) => networks.find(networkId))) === undefined ? {} : map;
}

function live(endpoint: Endpoint): Partial<EndpointSettings> {
  return {
    NetworkID: endpoint.networkId,
    EndpointID: endpoint.id,
    MacAddress: endpoint.macAddress,
    Gateway: endpoint.ipv4?.gateway ?? '',
    IPAddress: endpoint.ipv4?.address ?? '',
    IPPrefixLen: endpoint.ipv4?.prefix ?? 0,
    IPv6Gateway: endpoint.ipv6?.gateway ?? '',
    GlobalIPv6Address: endpoint.ipv6?.address ?? '',
    GlobalIPv6PrefixLen: endpoint.ipv6?.prefix ?? 0,
    DNSNames: endpoint.dnsNames.length > 0 ? [...endpoint.dnsNames] : null,
  };
}
