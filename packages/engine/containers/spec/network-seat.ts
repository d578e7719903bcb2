/** A container's seat on networks, from `NetworkMode`, `NetworkingConfig` and the ports it publishes. */
import { Internal, InvalidArgument, isKind } from '#base';
import type { EndpointRequest, NetworkRecord, Networks, ReachedPort } from '#network';
import type { EndpointSettings } from '#spec';
import type { NetworkSeat } from '#supervisor';
import type { ContainerRecord, ContainerStore } from '../store.ts';
import { terse } from './complete.ts';
import { containerOfMode, isUserDefined } from './modes.ts';
import { containerPorts, portBindings } from './ports.ts';
import { splitSysctls } from './sysctls.ts';

/** What a start knows beside the record. */
export interface SeatContext {
  readonly networks: Pick<Networks, 'find' | 'list'>;
  readonly containers: Pick<ContainerStore, 'find'>;
  /** /etc/hosts lines of `--link` on the default bridge, as `names:address`. */
  readonly linkedHosts: readonly string[];
  /** What links may call on the default bridge. */
  readonly reaches: readonly ReachedPort[];
  /** What `host-gateway` stands for; without any the default bridge's addresses. */
  readonly hostGatewayIps: readonly string[];
}

/** Throws when a network or container is not there, as dockerd does at start. */
export function networkSeat(record: ContainerRecord, context: SeatContext): NetworkSeat {
  const { hostConfig, config } = record;
  const dns = { servers: hostConfig.Dns ?? [], search: hostConfig.DnsSearch ?? [], options: hostConfig.DnsOptions ?? [] };
  const extraHosts = [...(hostConfig.ExtraHosts ?? []).flatMap((entry) => withGateway(entry, context)), ...context.linkedHosts];
  if (hostConfig.NetworkMode === 'host') return { mode: 'host', dns, extraHosts };
  const joined = containerOfMode(hostConfig.NetworkMode);
  if (joined !== undefined) return { mode: 'container', container: context.containers.find(joined).id };
  const found = config.NetworkDisabled ? [] : Object.keys(record.networks).map((name) => ({ ...networkOfSeat(record, name, context), gatewayPriority: record.networks[name]?.GwPriority ?? 0, withoutIPv6: isWithoutIPv6(record, record.networks[name]) }));
  if (found.some(({ driver }) => driver === 'host')) throw new InvalidArgument('container cannot be disconnected from host network or connected to host network');
  const seated = found.filter(({ driver }) => driver !== 'null');
  const publishing = publishingNetwork(seated);
  const endpoints = seated.map(({ name }) => name).map((name) => ({ ...endpointRequest(record, name, context, name === publishing), ...(name === 'bridge' && { reaches: context.reaches }) }));
  return { mode: 'own', endpoints, dns, extraHosts };
}

/** Ports are published by the network that gives the default route, as far as it can: the highest priority first, then one of both families, then by name. */
export function publishingNetwork(networks: readonly (Pick<NetworkRecord, 'name' | 'driver' | 'internal' | 'enableIPv4' | 'enableIPv6'> & { readonly gatewayPriority?: number; readonly withoutIPv6?: boolean })[]): string | undefined {
  const isDual = ({ enableIPv4, enableIPv6, withoutIPv6 = false }: (typeof networks)[number]): boolean => enableIPv4 && enableIPv6 && !withoutIPv6;
  const able = networks.filter(({ driver, internal }) => driver === 'bridge' && !internal);
  return able.toSorted((a, b) => (b.gatewayPriority ?? 0) - (a.gatewayPriority ?? 0) || Number(isDual(b)) - Number(isDual(a)) || (a.name < b.name ? -1 : 1))[0]?.name;
}

/** One seat, with the container's ports when `publishes`. */
export function endpointRequest(record: ContainerRecord, name: string, context: { readonly networks: Pick<Networks, 'find'> }, publishes: boolean): EndpointRequest {
  const settings = record.networks[name];
  const network = networkOfSeat(record, name, context);
  const main = name === record.hostConfig.NetworkMode || Object.keys(record.networks).length === 1;
  const { IPv4Address, IPv6Address, LinkLocalIPs } = settings?.IPAMConfig ?? {};
  const hostname = record.config.Hostname === record.id.slice(0, 12) ? '' : record.config.Hostname;
  const { ofInterfaces } = splitSysctls(record);
  const mac = settings?.MacAddress || (main ? record.config.MacAddress : '');
  return {
    containerId: record.id,
    containerName: record.name,
    network: network.id,
    aliases: settings?.Aliases ?? [],
    links: settings?.Links ?? [],
    ports: publishes ? portBindings(record.config, record.hostConfig) : [],
    ...((network.remote || isRouted(network)) && { containerPorts: containerPorts(record.config, record.hostConfig) }),
    ...(hostname && { hostname }),
    ...(IPv4Address && { ipv4Address: IPv4Address }),
    ...(IPv6Address && { ipv6Address: IPv6Address }),
    ...(mac && { macAddress: mac }),
    ...(Object.keys(ofInterfaces).length > 0 && { sysctls: ofInterfaces }),
    ...(LinkLocalIPs?.length && { linkLocalAddresses: LinkLocalIPs }),
    ...(settings?.DriverOpts && { driverOptions: settings.DriverOpts }),
    ...(settings?.GwPriority && { gatewayPriority: settings.GwPriority }),
    ...(isWithoutIPv6(record, settings) && { withoutIPv6: true }),
  };
}

/** In one family at least, its containers are reached at their own addresses. */
function isRouted({ driver, options }: NetworkRecord): boolean {
  return driver === 'bridge' && [4, 6].some((family) => options[`com.docker.network.bridge.gateway_mode_ipv${family}`] === 'routed');
}

/** The very network in which the container has been, not another that was given its name since; those that every daemon has go by their names. */
function networkOfSeat({ networks: seats }: ContainerRecord, name: string, context: { readonly networks: Pick<Networks, 'find'> }): NetworkRecord {
  const id = isUserDefined(name) ? seats[name]?.NetworkID : '';
  return id ? context.networks.find(id) : findNetwork(name, context);
}

/**
 * For a container that runs or is about to. dockerd looks for a network that it does not know in its swarm; one that has been in a
 * swarm and left it answers so, and these are the words that its clients' recordings hold.
 */
export function findNetwork(name: string, { networks }: { readonly networks: Pick<Networks, 'find'> }): NetworkRecord {
  try {
    return networks.find(name);
  } catch (error) {
    if (isKind(error, 'NotFound')) throw new Internal('invalid cluster node while attaching to network', { cause: error });
    throw error;
  }
}

/** By a sysctl of the container's, or of the endpoint's own. */
function isWithoutIPv6({ hostConfig }: ContainerRecord, settings: EndpointSettings | undefined): boolean {
  const own = settings?.DriverOpts?.['com.docker.network.endpoint.sysctls'] ?? '';
  return hostConfig.Sysctls?.['net.ipv6.conf.all.disable_ipv6'] === '1' || /(?:^|,)net\.ipv6\.conf\.ifname\.disable_ipv6=1(?:,|$)/i.test(own);
}

/** `name:host-gateway` means the host as the default bridge sees it, by each of its addresses there, or what the daemon was told. Throws InvalidArgument where there is neither. */
export function withGateway(entry: string, context: Pick<SeatContext, 'networks' | 'hostGatewayIps'>): string[] {
  if (!entry.endsWith(':host-gateway')) return [entry];
  const pools = context.networks.list().find(({ name }) => name === 'bridge')?.ipam.pools ?? [];
  const gateways = context.hostGatewayIps.length === 0 ? pools.flatMap(({ gateway }) => gateway || []) : context.hostGatewayIps;
  if (gateways.length === 0) throw new InvalidArgument('unable to derive the IP value for host-gateway');
  return gateways.map((gateway) => entry.replace(/host-gateway$/, gateway));
}

/** An endpoint's settings with every field, as stored and shown. */
export function completeEndpoint(given: Partial<EndpointSettings> | null | undefined): EndpointSettings {
  return {
    IPAMConfig: given?.IPAMConfig ? terse(given.IPAMConfig) : null,
    Links: given?.Links ?? null,
    Aliases: given?.Aliases ?? null,
    MacAddress: given?.MacAddress ?? '',
    DriverOpts: given?.DriverOpts ?? null,
    GwPriority: given?.GwPriority ?? 0,
    NetworkID: '',
    EndpointID: '',
    Gateway: '',
    IPAddress: '',
    IPPrefixLen: 0,
    IPv6Gateway: '',
    GlobalIPv6Address: '',
    GlobalIPv6PrefixLen: 0,
    DNSNames: null,
  };
}
