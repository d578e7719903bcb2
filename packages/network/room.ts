import type { Resolver } from './dns/resolver.ts';
import type { DnsService } from './dns/service.ts';
import type { Driver } from './driver.ts';
import type { Announcements } from './endpoints/announce.ts';
import type { LinkSweep } from './endpoints/sweep.ts';
import type { Traffic } from './endpoints/traffic.ts';
import type { PacketRules } from './firewall/firewall.ts';
import type { Host } from './kernel.ts';
import type { InstanceNames } from './names.ts';
import type { PortLedger } from './ports/ledger.ts';
import type { NetworkStore } from './store.ts';
import type { Upkeep } from './upkeep.ts';

/** What the verbs of this room share. */
export interface Room {
  readonly names: InstanceNames;
  readonly host: Host;
  readonly store: NetworkStore;
  readonly firewall: PacketRules;
  /** Without packet rules published ports are relayed, and a host without nftables has them all the same. */
  readonly packetRules: boolean;
  /** The daemon may switch the host's forwarding on. */
  readonly forwarding: boolean;
  readonly ports: PortLedger;
  readonly resolver: Resolver;
  readonly dns: DnsService;
  readonly announcements: Announcements;
  readonly sweep: LinkSweep;
  readonly upkeep: Upkeep;
  readonly traffic: Traffic;
  /** Those of plugins come when they are first used. */
  readonly drivers: Map<string, Driver>;
  /** Subnet and options of the default network, when the daemon was given them. */
  readonly defaults: DefaultNetworkOptions;
  /** Tells the daemon's log what happened to nobody's request in particular. */
  readonly warn: (message: string) => void;
}

export interface DefaultNetworkOptions {
  /** Name of the default network's bridge, in place of the instance's; `none`: there is to be no such network. */
  readonly bridge?: string;
  /** CIDR whose address is the gateway: Docker's `--bip`. */
  readonly bip?: string;
  /** The same for IPv6 (`--bip6`). */
  readonly bip6?: string;
  readonly mtu?: number;
  /** CIDR inside the subnet from which addresses are given (`--fixed-cidr`). */
  readonly fixedCidr?: string;
  readonly ipv6?: boolean;
  /** CIDR of the IPv6 subnet (`--fixed-cidr-v6`); one of the free pools when not given. */
  readonly fixedCidr6?: string;
  /** The containers' default routes, where it is not the bridge (`--default-gateway`). */
  readonly defaultGateway?: string;
  readonly defaultGateway6?: string;
  /** Whether containers on the default network reach each other; true when not given. */
  readonly icc?: boolean;
  readonly masquerade?: boolean;
  /** Where ports are published that name no address; 0.0.0.0 when not given. */
  readonly bindingIp?: string;
  /** Blocks that networks without a subnet are cut from, in place of Docker's (`--default-address-pool`). */
  readonly addressPools?: readonly { readonly base: string; readonly size: number }[];
}
