import type { Database } from '#base';
import type { Plugins } from '#plugins';
import { bridgeDriver } from './bridge/driver.ts';
import { Resolver } from './dns/resolver.ts';
import { DnsService } from './dns/service.ts';
import { allocate } from './endpoints/allocate.ts';
import { Announcements } from './endpoints/announce.ts';
import { attach, connect, disconnect } from './endpoints/attach.ts';
import { awaitCarrier } from './endpoints/carrier.ts';
import { release } from './endpoints/release.ts';
import { rename } from './endpoints/rename.ts';
import { unlink } from './endpoints/unlink.ts';
import { resolvConf } from './endpoints/resolv-conf.ts';
import { LinkSweep } from './endpoints/sweep.ts';
import { Traffic } from './endpoints/traffic.ts';
import type { Driver } from './driver.ts';
import { Firewall } from './firewall/firewall.ts';
import { noRules } from './firewall/no-rules.ts';
import type { AcceptedMark } from './firewall/ruleset.ts';
import { hostDriver } from './host/driver.ts';
import { ipvlanDriver } from './ipvlan/driver.ts';
import { openHost, type Host } from './kernel.ts';
import { macvlanDriver } from './macvlan/driver.ts';
import { namesOf } from './names.ts';
import { createNetwork } from './networks/create.ts';
import { findNetwork } from './networks/find.ts';
import { removeNetwork } from './networks/remove.ts';
import { nullDriver } from './null/driver.ts';
import type { Networks } from './port.ts';
import { PortLedger } from './ports/ledger.ts';
import { close } from './recover/close.ts';
import { recover } from './recover/recover.ts';
import { pluggableNetworks } from './remote/pluggable.ts';
import type { DefaultNetworkOptions, Room } from './room.ts';
import { NetworkStore } from './store.ts';
import { Upkeep } from './upkeep.ts';

export interface NetworksOptions {
  readonly db: Database;
  /** The daemon's own run directory: the names of its bridge and table are made from it. */
  readonly execRoot: string;
  readonly defaults?: DefaultNetworkOptions;
  /**
   * true (the default): the host's own input policy holds for published ports, as for any service of the host. false:
   * published ports pass it by, as Docker's do.
   */
  readonly guardPublishedPorts?: boolean;
  /** true: published ports are reached at the containers' own addresses too, by who routes to them (`--allow-direct-routing`). */
  readonly directRouting?: boolean;
  /** Packets that reach any container but those of internal networks (`--bridge-accept-fwmark`). */
  readonly acceptedMark?: AcceptedMark | undefined;
  /** false: the host's packet rules are left alone, for somebody else to lay (`--iptables=false`). */
  readonly packetRules?: boolean;
  /** false: nothing is relayed to published ports; what no rule translates does not arrive (`--userland-proxy=false`). */
  readonly userlandProxy?: boolean;
  /** false: the host's forwarding is left as it is (`--ip-forward=false`). */
  readonly forwarding?: boolean;
  /** Where drivers of networks and keepers of addresses are found that are not the daemon's own; none when not given. */
  readonly plugins?: Plugins;
  /** Where warnings go that belong to nobody's request. */
  readonly warn?: (message: string) => void;
  /** The host's kernel; tests give a fake. */
  readonly host?: Host;
}

/**
 * The networks of one daemon. Nothing is laid on the host before `recover`, which a daemon calls once at start, with
 * the sandboxes that still run (none the first time).
 */
export function createNetworks(options: NetworksOptions): Networks {
  const room = furnish(options);
  const own = networksOf(room);
  return options.plugins ? pluggableNetworks(room, own, options.plugins) : own;
}

/** The port over a room. */
export function networksOf(room: Room): Networks {
  return {
    create: async (request) => createNetwork(room, request),
    find: (nameOrId) => findNetwork(room, nameOrId),
    list: () => room.store.networks(),
    remove: async (nameOrId) => removeNetwork(room, nameOrId),
    allocate: async (request) => allocate(room, request),
    attach: async (sandbox, dns) => {
      const plugged = await attach(room, sandbox, dns);
      await awaitCarrier(room, plugged);
      room.announcements.begin(plugged);
      return plugged;
    },
    connect: async (sandbox, endpointId) => {
      const plugged = connect(room, sandbox, endpointId);
      await awaitCarrier(room, [plugged]);
      room.announcements.begin([plugged]);
      return plugged;
    },
    disconnect: async (sandbox, endpointId) => disconnect(room, sandbox, endpointId),
    release: async (containerId) => release(room, containerId),
    endpoints: (of) => ('containerId' in of ? room.store.endpointsOfContainer(of.containerId) : room.store.endpointsOfNetwork(of.networkId)),
    traffic: (sandbox) => room.traffic.of(sandbox),
    resolvConf: async (_containerId, networkNames, dns) => resolvConf(room, networkNames, dns),
    rename: (containerId, name) => rename(room, containerId, name),
    unlink: (containerId, target) => unlink(room, containerId, target),
    recover: async (running) => recover(room, running),
    close: async ({ keepDataPath }) => close(room, keepDataPath),
  };
}

/** The room of one daemon; nothing has been laid. */
export function furnish({ db, execRoot, defaults = {}, guardPublishedPorts = true, directRouting = false, acceptedMark, packetRules = true, userlandProxy = true, forwarding = true, warn = () => {}, host = openHost() }: NetworksOptions): Room {
  const names = namesOf(execRoot);
  const store = new NetworkStore(db);
  const resolver = new Resolver(host, store);
  const kinds = [bridgeDriver(host, store, forwarding), macvlanDriver(host, store), ipvlanDriver(host, store), hostDriver(), nullDriver()];
  const drivers = new Map<string, Driver>(kinds.map((driver) => [driver.name, driver]));
  return {
    names,
    host,
    store,
    firewall: packetRules ? new Firewall(host, names, store, { guarded: guardPublishedPorts, direct: directRouting, accepted: acceptedMark }, warn) : noRules(host, names, warn),
    packetRules,
    forwarding,
    ports: new PortLedger(host, { relays: userlandProxy ? (packetRules ? 'untranslated' : 'all') : 'none' }),
    announcements: new Announcements(host, warn),
    sweep: new LinkSweep(host, warn),
    upkeep: new Upkeep({ host, store, drivers, forwarding, warn }),
    resolver,
    dns: new DnsService(host, resolver, warn),
    traffic: new Traffic(store, drivers),
    drivers,
    defaults,
    warn,
  };
}
