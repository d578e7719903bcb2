import type { Endpoint, NetworkRecord, Pool } from '#network';
import type { Ipam, IpamPool, NetworkContainer, NetworkResource } from '#spec';
import { rfc3339 } from '../clock.ts';
import { isPlainNetwork, plainEndpointId } from '../containers/network-settings.ts';
import type { ContainerRecord } from '../containers/record.ts';
import type { Engine } from '../context.ts';

const predefined = new Set(['bridge', 'host', 'none', 'default']);

/** True for the networks that every daemon has and nobody removes. */
export function isPredefined(name: string): boolean {
  return predefined.has(name);
}

/** A network as the API shows it, without its containers. `showIPv4`: the client knows the field (API 1.47). */
export function networkResource(network: NetworkRecord, options: { showIPv4: boolean }): NetworkResource {
  return {
    Name: network.name,
    Id: network.id,
    Created: rfc3339(network.created),
    Scope: network.scope,
    Driver: network.driver,
    ...(options.showIPv4 ? { EnableIPv4: network.enableIPv4 } : {}),
    EnableIPv6: network.enableIPv6,
    IPAM: ipamOf(network),
    Internal: network.internal,
    Attachable: network.attachable,
    Ingress: false,
    ConfigFrom: { Network: network.configFrom ?? '' },
    ConfigOnly: network.configOnly ?? false,
    Containers: {},
    Options: network.options,
    Labels: network.labels,
  };
}

/** The containers that sit on the network now, by id. Those on the host's and on none have nothing of it but the name. */
export function networkContainers(engine: Pick<Engine, 'networks' | 'containers' | 'supervisor'>, network: NetworkRecord): Record<string, NetworkContainer> {
  if (isPlainNetwork(network.name)) return Object.fromEntries(engine.containers.list().flatMap((container) => plainSeatOf(engine, container, network.name)));
  return Object.fromEntries(
    engine.networks.endpoints({ networkId: network.id }).map((endpoint) => [endpoint.containerId, containerOf(engine, endpoint)]),
  );
}

function containerOf(engine: Pick<Engine, 'containers'>, endpoint: Endpoint): NetworkContainer {
  return {
    Name: endpoint.isGateway ? `gateway_${endpoint.containerId.slice(0, 12)}` : (engine.containers.get(endpoint.containerId)?.name ?? endpoint.dnsNames[0] ?? endpoint.containerId),
    EndpointID: endpoint.id,
    MacAddress: endpoint.macAddress,
    IPv4Address: inCidr(endpoint.ipv4),
    IPv6Address: inCidr(endpoint.ipv6),
  };
}

function plainSeatOf({ supervisor }: Pick<Engine, 'supervisor'>, { id, name, networks, config }: ContainerRecord, network: string): [string, NetworkContainer][] {
  const state = supervisor.state(id);
  const endpoint = state && networks[network] && !config.NetworkDisabled ? plainEndpointId(state) : '';
  return endpoint === '' ? [] : [[id, { Name: name, EndpointID: endpoint, MacAddress: '', IPv4Address: '', IPv6Address: '' }]];
}

function inCidr(seat: Endpoint['ipv4']): string {
  return seat ? `${seat.address}/${seat.prefix}` : '';
}

/** What the user configured comes first, also for a family that is off, then IPv4. Options are null where the creator sent none; predefined networks and configurations may have no pools either. */
function ipamOf({ ipam, name, configOnly }: NetworkRecord): Ipam {
  const config = [...ipam.pools, ...(ipam.unused ?? [])].toSorted((a, b) => Number(a.isDefault ?? false) - Number(b.isDefault ?? false) || Number(a.subnet.includes(':')) - Number(b.subnet.includes(':'))).map((pool) => poolOf(pool, pool.isDefault || isPredefined(name) || !pool.isGatewayDefault));
  return {
    Driver: ipam.driver,
    Options: ipam.options,
    Config: config.length === 0 && (isPredefined(name) || configOnly) ? null : config,
  };
}

/** `hasGateway`: in a subnet of the user's a gateway that he did not choose is not shown, as with Docker. */
function poolOf(pool: Pool, hasGateway: boolean): IpamPool {
  return {
    Subnet: pool.subnet,
    ...(pool.ipRange ? { IPRange: pool.ipRange } : {}),
    ...(pool.gateway && hasGateway ? { Gateway: pool.gateway } : {}),
    ...(Object.keys(pool.auxiliary).length > 0 ? { AuxiliaryAddresses: pool.auxiliary } : {}),
  };
}
