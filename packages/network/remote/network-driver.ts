/**
 * A network driver that is a plugin, by Docker's remote driver protocol: `POST /NetworkDriver.Method`, failures in `Err`.
 * It makes the interface itself; the daemon moves it into the sandbox, as `Join` says.
 */
import { Internal, InvalidArgument, parseCidr, parseIp } from '#base';
import type { CallOptions, Plugin } from '#plugins';
import type { ContainerPorts, NetworkRecord, Pool } from '../port.ts';
import type { StaticRoute, StoredEndpoint } from '../store.ts';

export const networkCapability = 'NetworkDriver';

export type Scope = 'local' | 'global';

/** What a plugin said when an endpoint joined a sandbox. */
export interface Joined {
  /** The host's interface that is to be moved; '' for none. */
  readonly source: string;
  /** How its name in the sandbox begins. */
  readonly prefix: string;
  readonly gateway4: string;
  readonly gateway6: string;
  readonly routes: readonly StaticRoute[];
  /** It needs no way out that the daemon makes. */
  readonly withoutGateway: boolean;
}

/** What a plugin chose for an endpoint; absent is what it left as it was. */
export interface Chosen {
  readonly address?: string;
  readonly address6?: string;
  readonly mac?: string;
}

export class NetworkDriver {
  readonly #plugin: Plugin;
  readonly #options: CallOptions;

  constructor(plugin: Plugin, options: CallOptions) {
    this.#plugin = plugin;
    this.#options = options;
  }

  /** Whether its networks are of this host alone. Throws Internal for any other word. */
  async scope(): Promise<Scope> {
    const { Scope: scope } = await this.#call<{ Scope?: string }>('GetCapabilities', undefined);
    if (scope === 'local' || scope === 'global') return scope;
    throw new Internal(`could not resolve driver ${this.#plugin.name} in registry: invalid capability: expecting 'local' or 'global', got ${scope ?? ''}`);
  }

  async createNetwork(network: NetworkRecord, addressSpace: string): Promise<void> {
    const data = (family: 4 | 6) => network.ipam.pools.filter(({ subnet }) => familyOf(subnet) === family).map((pool) => poolData(pool, addressSpace));
    const Options = {
      'com.docker.network.enable_ipv4': network.enableIPv4,
      'com.docker.network.enable_ipv6': network.enableIPv6,
      ...(network.internal && { 'com.docker.network.internal': true }),
      'com.docker.network.generic': network.options,
    };
    await this.#call('CreateNetwork', { NetworkID: network.id, Options, IPv4Data: data(4), IPv6Data: data(6) });
  }

  async deleteNetwork(network: string): Promise<void> {
    await this.#call('DeleteNetwork', { NetworkID: network });
  }

  async createEndpoint({ id, networkId, ipv4, ipv6, macAddress, driverOptions, remote }: StoredEndpoint, askedMac: string): Promise<Chosen> {
    const Interface = { Address: cidrOf(ipv4), AddressIPv6: cidrOf(ipv6), MacAddress: macAddress };
    const mac = askedMac === '' ? {} : { 'com.docker.network.endpoint.macaddress': Buffer.from(askedMac.replaceAll(/[:-]/g, ''), 'hex').toString('base64') };
    const answer = await this.#call<{ Interface?: Partial<typeof Interface> | null }>('CreateEndpoint', { NetworkID: networkId, EndpointID: id, Interface, Options: { ...portOptions(remote?.ports), ...mac, ...driverOptions } });
    const { Address: address, AddressIPv6: address6, MacAddress } = answer.Interface ?? {};
    for (const text of [address, address6]) if (text && !parseCidr(text)) throw new InvalidArgument(`invalid CIDR address: ${text}`);
    if (MacAddress && !/^[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5}$/i.test(MacAddress)) throw new InvalidArgument(`address ${MacAddress}: invalid MAC address`);
    return { ...(address && { address }), ...(address6 && { address6 }), ...(MacAddress && { mac: MacAddress }) };
  }

  async deleteEndpoint(network: string, endpoint: string): Promise<void> {
    await this.#call('DeleteEndpoint', { NetworkID: network, EndpointID: endpoint });
  }

  /** `sandbox` is the path of the container's network namespace. */
  async join({ id, networkId, remote }: StoredEndpoint, sandbox: string): Promise<Joined> {
    const answer = await this.#call<JoinAnswer>('Join', { NetworkID: networkId, EndpointID: id, SandboxKey: sandbox, Options: portOptions(remote?.ports) });
    const { SrcName = '', DstPrefix = '' } = answer.InterfaceName ?? {};
    return {
      source: SrcName,
      prefix: DstPrefix,
      gateway4: gatewayOf('Gateway', answer.Gateway),
      gateway6: gatewayOf('GatewayIPv6', answer.GatewayIPv6),
      routes: (answer.StaticRoutes ?? []).map(routeOf),
      withoutGateway: answer.DisableGatewayService ?? false,
    };
  }

  async leave(network: string, endpoint: string): Promise<void> {
    await this.#call('Leave', { NetworkID: network, EndpointID: endpoint });
  }

  /** The endpoint is the one by which its container reaches the outside; a plugin need not care (404). */
  async programExternalConnectivity({ id, networkId, remote }: StoredEndpoint): Promise<void> {
    await this.#ask('ProgramExternalConnectivity', { NetworkID: networkId, EndpointID: id, Options: portOptions(remote?.ports) });
  }

  async revokeExternalConnectivity(network: string, endpoint: string): Promise<void> {
    await this.#ask('RevokeExternalConnectivity', { NetworkID: network, EndpointID: endpoint });
  }

  async #call<T extends object>(method: string, body: object | undefined): Promise<T> {
    const answer = await this.#ask<T>(method, body);
    if (!answer) throw new Internal(`${networkCapability}.${method}: 404 page not found`);
    return answer;
  }

  async #ask<T extends object>(method: string, body: object | undefined): Promise<T | undefined> {
    const answer = await this.#plugin.ask<T & { readonly Err?: string }>(`${networkCapability}.${method}`, body, this.#options);
    if (answer?.Err) throw new Internal(`remote: ${answer.Err}`);
    return answer;
  }
}

interface JoinAnswer {
  readonly InterfaceName?: { readonly SrcName?: string; readonly DstPrefix?: string } | null;
  readonly Gateway?: string;
  readonly GatewayIPv6?: string;
  readonly StaticRoutes?: readonly RouteAnswer[] | null;
  readonly DisableGatewayService?: boolean;
}

interface RouteAnswer {
  readonly Destination?: string;
  /** 0 goes by the next hop, 1 is on the link itself. */
  readonly RouteType?: number;
  readonly NextHop?: string;
}

/** As libnetwork labels them: protocols by their numbers (RFC 790), the address of the container left open. */
function portOptions(ports: ContainerPorts | undefined): object {
  if (!ports) return {};
  const numbers = { tcp: 6, udp: 17, sctp: 132 } as const;
  return {
    'com.docker.network.endpoint.exposedports': ports.exposed.map(({ protocol, port }) => ({ Proto: numbers[protocol], Port: port })),
    'com.docker.network.portmap': ports.published.map(({ protocol, containerPort, hostIp, hostPort, hostPortEnd }) => ({
      Proto: numbers[protocol], IP: '', Port: containerPort, HostIP: hostIp, HostPort: hostPort, HostPortEnd: hostPortEnd,
    })),
  };
}

function poolData({ subnet, gateway, auxiliary }: Pool, AddressSpace: string): object {
  const prefix = subnet.slice(subnet.indexOf('/'));
  const named = Object.entries(auxiliary).map(([name, address]) => [name, `${address}${prefix}`]);
  return { AddressSpace, Pool: subnet, ...(gateway && { Gateway: `${gateway}${prefix}` }), ...(named.length > 0 && { AuxAddresses: Object.fromEntries(named) }) };
}

function familyOf(subnet: string): 4 | 6 | undefined {
  return parseCidr(subnet)?.family;
}

function cidrOf(lease: StoredEndpoint['ipv4']): string {
  return lease ? `${lease.address}/${lease.prefix}` : '';
}

function gatewayOf(name: string, text = ''): string {
  if (text !== '' && !parseIp(text)) throw new InvalidArgument(`unable to parse ${name} "${text}"`);
  return text;
}

function routeOf({ Destination = '', RouteType = 0, NextHop = '' }: RouteAnswer): StaticRoute {
  if (!parseCidr(Destination)) throw new InvalidArgument(`invalid CIDR address: ${Destination}`);
  if (NextHop !== '' && !parseIp(NextHop)) throw new InvalidArgument(`failed to parse nexthop IP ${NextHop}`);
  return { destination: Destination, ...(RouteType === 0 && NextHop !== '' && { nextHop: NextHop }) };
}
