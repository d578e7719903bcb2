/** A container's `NetworkSettings` as inspect and list show them: what was asked for, filled in with what it has now. */
import type { Endpoint } from '#network';
import type { EndpointSettings, NetworkSettings, PortMap } from '#spec';
import type { ContainerState } from '#supervisor';
import type { Engine } from '../context.ts';
import type { ContainerRecord } from './record.ts';
import { completeEndpoint } from './spec/network-seat.ts';
import { containerOfMode } from './spec/modes.ts';
import { portMap } from './spec/ports.ts';

/** Settings by network name. A network's id is shown as soon as the network is there. */
export function endpointSettings(record: ContainerRecord, endpoints: readonly Endpoint[]): Record<string, EndpointSettings> {
  const settings: Record<string, EndpointSettings> = {};
  for (const [name, asked] of Object.entries(record.networks)) settings[name] = { ...asked };
  for (const endpoint of endpoints) {
    if (endpoint.isGateway) continue; // nobody asked for it, and Docker does not show it here
    const asked = settings[endpoint.networkName] ?? completeEndpoint(null);
    settings[endpoint.networkName] = { ...asked, ...live(endpoint) };
  }
  return settings;
}

/** Host and none have no endpoints of their own; a container that has been started shows the network's id. */
export function hasPlainSeat(mode: string, state: Pick<ContainerState, 'startedAt'>): boolean {
  return state.startedAt !== undefined && (mode === 'host' || mode === 'none');
}

export function hostNetworkId(engine: Pick<Engine, 'networks'>, mode: string): string {
  return engine.networks.list().find((network) => network.name === mode)?.id ?? '';
}

/** Inspect's whole. A container that joined another's network shows nothing of its own. */
export function networkSettings(engine: Pick<Engine, 'networks'>, record: ContainerRecord, state: ContainerState): NetworkSettings {
  const running = state.status === 'running' || state.status === 'paused';
  const networks = endpointSettings(record, state.endpoints);
  const mode = record.hostConfig.NetworkMode;
  const plain = networks[mode];
  if (plain && hasPlainSeat(mode, state)) plain.NetworkID = hostNetworkId(engine, mode);
  const bridge = networks['bridge'];
  const sandbox = containerOfMode(mode) === undefined && (running || state.startedAt !== undefined) ? record.id : '';
  return {
    Bridge: '',
    SandboxID: sandbox,
    SandboxKey: running && sandbox !== '' ? `/proc/${state.pid}/ns/net` : '',
    Ports: portsOf(record, state),
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

/** Exposed and published ports of a running container; nothing while it does not run. */
export function portsOf(record: ContainerRecord, state: ContainerState): PortMap {
  if (state.endpoints.length === 0) return {};
  return portMap(record.config, state.endpoints.flatMap((endpoint) => endpoint.ports));
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
