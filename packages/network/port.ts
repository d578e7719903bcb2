/**
 * Networks: how containers reach each other, the host and the world.
 *
 * Words. A *network* is a driver's object with address pools (bridge, host, null). An *endpoint* is one container's
 * seat in one network: addresses, mac, names, published ports. A *sandbox* is the network namespace of one container,
 * known here by a pid inside it. Endpoints are reserved (`allocate`), laid into a sandbox (`attach`) when the
 * container starts, and taken out (`release`) when it stops; the store remembers them, so that a new daemon puts
 * rules and DNS back as they were.
 *
 *   allocate(endpoint) ─▶ attach(sandbox) ─▶ … ─▶ release(sandbox)
 *
 * One nftables table per daemon (`naru_<n>`), published ports are elements of its maps. Everything of one daemon is
 * recognisable by its interface prefix and table name, and `recover()` removes what the store does not know.
 */
export interface NetworkRecord {
  readonly id: string;
  readonly name: string;
  /** bridge, host, null … or the name of a plugin. */
  readonly driver: string;
  /** The driver is a plugin. */
  readonly remote?: boolean;
  readonly scope: 'local' | 'global';
  /** Milliseconds since the epoch. */
  readonly created: number;
  readonly enableIPv4: boolean;
  readonly enableIPv6: boolean;
  readonly internal: boolean;
  readonly attachable: boolean;
  /** Nothing but settings for other networks to take (`--config-only`). */
  readonly configOnly?: boolean;
  /** The name of the network whose settings it took (`--config-from`). */
  readonly configFrom?: string;
  readonly options: Record<string, string>;
  readonly labels: Record<string, string>;
  /** `unused`: what was configured of a family that the network does without. Nothing is leased of it, and others may have it. */
  readonly ipam: { driver: string; options: Record<string, string> | null; pools: Pool[]; unused?: Pool[] };
  /** Name of the bridge interface on the host; '' for drivers without one. */
  readonly interfaceName: string;
}

export interface Pool {
  /** CIDR. */
  readonly subnet: string;
  /** CIDR inside the subnet from which addresses are given; '' for all of it. */
  readonly ipRange: string;
  readonly gateway: string;
  /** The gateway is of the daemon's choosing. */
  readonly isGatewayDefault?: boolean;
  /** Reserved addresses by name. */
  readonly auxiliary: Record<string, string>;
  /** The subnet is of the daemon's choosing, or a plugin's: nobody may ask for an address of it. */
  readonly isDefault?: boolean;
  /** Its name at the plugin that gives its addresses. */
  readonly id?: string;
}

export interface CreateNetwork {
  readonly name: string;
  readonly driver?: string;
  readonly enableIPv4?: boolean;
  readonly enableIPv6?: boolean;
  readonly internal?: boolean;
  readonly attachable?: boolean;
  readonly configOnly?: boolean;
  readonly configFrom?: string;
  readonly options?: Record<string, string>;
  readonly labels?: Record<string, string>;
  readonly ipam?: { driver?: string; options?: Record<string, string> | null; pools?: Partial<Pool>[] };
}

/** A port of the container published on the host. hostPort 0 or a range end asks for any free one; in an answer 0 says that none is needed, for the network is routed. */
export interface PortBinding {
  readonly protocol: 'tcp' | 'udp' | 'sctp';
  readonly containerPort: number;
  /** '' means every address, IPv4 and IPv6. */
  readonly hostIp: string;
  readonly hostPort: number;
  readonly hostPortEnd: number;
}

/** What drivers that are plugins are told of a container's ports. */
export interface ContainerPorts {
  readonly published: readonly PortBinding[];
  readonly exposed: readonly { readonly protocol: PortBinding['protocol']; readonly port: number }[];
}

/** A port of another container, as legacy links open it. */
export interface ReachedPort {
  readonly containerId: string;
  readonly protocol: PortBinding['protocol'];
  readonly port: number;
}

export interface EndpointRequest {
  readonly containerId: string;
  readonly containerName: string;
  /** A host name of the user's choosing, by which DNS answers too. */
  readonly hostname?: string;
  /** Network id or name. */
  readonly network: string;
  readonly aliases: readonly string[];
  /** Names of other containers by which this one alone may call them: `name:alias`. */
  readonly links?: readonly string[];
  /** Ports of others in the network that it may call where containers may not call each other (icc=false). */
  readonly reaches?: readonly ReachedPort[];
  readonly ipv4Address?: string;
  readonly ipv6Address?: string;
  readonly macAddress?: string;
  /** More addresses for the interface, of its own link alone. */
  readonly linkLocalAddresses?: readonly string[];
  readonly ports: readonly PortBinding[];
  /** All of the container's, whichever of its networks publishes them: for a network whose driver is a plugin, and for a routed one, which opens them at its own addresses too. */
  readonly containerPorts?: ContainerPorts;
  readonly driverOptions?: Record<string, string>;
  /** The container's sysctls that name an interface (`net.ipv4.conf.eth0.forwarding`): written once that one is there. `net.ipv6.conf.all.disable_ipv6=0` keeps IPv6 on where the network has none. */
  readonly sysctls?: Readonly<Record<string, string>>;
  /** Highest wins the default route. */
  readonly gatewayPriority?: number;
  /** IPv6 is switched off in the container, or on this interface: it gets no address of the network's. */
  readonly withoutIPv6?: boolean;
}

export interface Endpoint {
  readonly id: string;
  readonly networkId: string;
  readonly networkName: string;
  readonly containerId: string;
  readonly ipv4: { address: string; prefix: number; gateway: string } | undefined;
  readonly ipv6: { address: string; prefix: number; gateway: string } | undefined;
  readonly macAddress: string;
  readonly aliases: readonly string[];
  /** Every name by which DNS answers for it: container name, aliases, short id, hostname. */
  readonly dnsNames: readonly string[];
  /** Bindings as they became, with real host ports. */
  readonly ports: readonly PortBinding[];
  /** eth0 … inside the sandbox, once attached. */
  readonly interfaceName: string | undefined;
  readonly driverOptions: Record<string, string>;
  readonly gatewayPriority: number;
  /** Not asked for: by it a container gets out whose networks, of drivers that are plugins, have no gateway. */
  readonly isGateway?: boolean;
}

/** A container's network namespace, named by any process inside it. */
export interface Sandbox {
  readonly containerId: string;
  readonly pid: number;
}

/** What has passed through an interface, seen from inside the sandbox. */
export interface InterfaceTraffic {
  readonly received: TrafficCounters;
  readonly sent: TrafficCounters;
}

export interface TrafficCounters {
  readonly bytes: number;
  readonly packets: number;
  readonly errors: number;
  readonly dropped: number;
}

/** What a sandbox's resolver is told (`--dns`, `--dns-search`, `--dns-opt`). */
export interface DnsOptions {
  readonly servers: readonly string[];
  readonly search: readonly string[];
  readonly options: readonly string[];
}

export interface Networks {
  /** This daemon can make no networks: containers are in the host's, or in none. */
  readonly hostOnly?: boolean;
  create(request: CreateNetwork): Promise<NetworkRecord>;
  /** By id, name, or unambiguous id prefix; throws NotFound in Docker's words. */
  find(nameOrId: string): NetworkRecord;
  list(): NetworkRecord[];
  /** Forbidden while endpoints remain, and for the predefined ones. */
  remove(nameOrId: string): Promise<void>;
  /** Reserves addresses and host ports; Conflict/Forbidden in Docker's words when taken. Nothing is left when it throws. */
  allocate(request: EndpointRequest): Promise<Endpoint>;
  /** Lays the allocated endpoints of one container into its namespace (order: gateway priority, then name) and opens their ports. */
  attach(sandbox: Sandbox, dns: DnsOptions): Promise<Endpoint[]>;
  /** Gives one endpoint of a running container in (`docker network connect`); it has been allocated before. */
  connect(sandbox: Sandbox, endpointId: string): Promise<Endpoint>;
  /** Takes one endpoint out of a running container. */
  disconnect(sandbox: Sandbox | undefined, endpointId: string): Promise<void>;
  /** Closes ports, frees addresses and forgets every endpoint of the container. Absent is fine. */
  release(containerId: string): Promise<void>;
  /** The endpoints of a container, or of a network. */
  endpoints(of: { containerId: string } | { networkId: string }): Endpoint[];
  /** By name, the interfaces of a container's endpoints; the very same object while nothing passes. Empty where it has none, or has ended. */
  traffic(sandbox: Sandbox): Readonly<Record<string, InterfaceTraffic>>;
  /** Contents of the container's resolv.conf: 127.0.0.11 on user-defined networks, the host's otherwise. */
  resolvConf(containerId: string, networkNames: readonly string[], dns: DnsOptions): Promise<string>;
  /** Changes a running container's DNS name (`docker rename`). */
  rename(containerId: string, name: string): void;
  /** A running container reaches nothing of another's by links any more (`docker rm --link`). */
  unlink(containerId: string, target: string): void;
  /** After a daemon restart: keeps what belongs to `running`, removes every other endpoint, link, rule and lease of this daemon. */
  recover(running: readonly Sandbox[]): Promise<void>;
  /** Daemon shutdown with nothing running: removes bridges, the table, and restores ip_forward. */
  close(options: { keepDataPath: boolean }): Promise<void>;
}
