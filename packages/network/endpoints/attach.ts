import { getSystemErrorMessage } from 'node:util';
import { Internal, InvalidArgument, messageOf } from '#base';
import { getLink, indexOfLink, listRoutes, NetlinkError, parseRoute, setLink, type Netlink, type NetlinkRequest } from '#kernel';
import type { Driver } from '../driver.ts';
import { recallDns, rememberDns } from '../dns/remember.ts';
import { unplugInside } from '../parent.ts';
import type { DnsOptions, NetworkRecord, Sandbox } from '../port.ts';
import type { Room } from '../room.ts';
import type { StoredEndpoint } from '../store.ts';
import { hasDns } from './dns-names.ts';
import { gatherPorts, movePorts } from './move-ports.ts';
import { addressRequests, defaultRoutes, gatewayChanges, inOrder, refuseForeignGateway, type Family } from './routes.ts';
import { changingSeats, settle, unsettled } from './unsettled.ts';

const LOOPBACK = 1;
/** Whether interfaces that are yet to come do without IPv6. */
const IPV6_OFF = 'net/ipv6/conf/default/disable_ipv6';
const IFNAME_OPTION = 'com.docker.network.endpoint.ifname';
const PREFIX_OPTION = 'com.docker.network.container_iface_prefix';
const SYSCTLS_OPTION = 'com.docker.network.endpoint.sysctls';

/**
 * Lays every allocated endpoint of a container into its namespace and opens their ports. Undoes itself when it throws. The
 * interfaces are made in a thread: the kernel has one lock for all links, and namespaces that go hold it for long.
 */
export async function attach(room: Room, sandbox: Sandbox, dns: DnsOptions): Promise<StoredEndpoint[]> {
  const seats = inOrder(room.store.endpointsOfContainer(sandbox.containerId));
  if (seats.length > 0) rememberDns(room.store, sandbox.containerId, dns);
  const named = nameInterfaces(room, seats, []);
  let ipv6Off: Disposable | undefined;
  try {
    if (named.every((endpoint) => !wantsIPv6(endpoint))) ipv6Off = beBornWithoutIPv6(room, sandbox);
    await room.host.links.run(...plugs(room, sandbox, named)).catch((error: unknown) => {
      restoreBridges(room, sandbox, named, error);
      return room.host.links.run(...plugs(room, sandbox, named));
    });
    const present = stillThere(room, sandbox, named);
    layOut(room, sandbox, present, present, ipv6Off !== undefined);
    return present;
  } catch (error) {
    unplugAll(room, sandbox, named);
    throw error;
  } finally {
    ipv6Off?.[Symbol.dispose]();
  }
}

/** Gives one more endpoint to a sandbox that runs already. */
export function connect(room: Room, sandbox: Sandbox, endpointId: string): StoredEndpoint {
  const all = room.store.endpointsOfContainer(sandbox.containerId);
  const present = all.filter(({ interfaceName }) => interfaceName !== undefined);
  const named = nameInterfaces(room, all.filter(({ id }) => id === endpointId), present);
  if (named.length === 0) throw new Internal(`endpoint ${endpointId} was not allocated`);
  changingSeats(room.store, sandbox.containerId, named[0]?.interfaceName, () => {
    plugAll(room, sandbox, named, present);
    gatherPorts(room, sandbox.containerId);
  });
  const connected = room.store.endpoint(endpointId);
  if (!connected) throw new Internal(`endpoint ${endpointId} is gone`);
  return connected;
}

/** Takes one endpoint out, and gives the default route to the next in order when it had it. */
export function disconnect(room: Room, sandbox: Sandbox | undefined, endpointId: string): void {
  const endpoint = room.store.endpoint(endpointId);
  if (!endpoint) return;
  if (sandbox) changingSeats(room.store, endpoint.containerId, endpoint.interfaceName, () => takeOut(room, sandbox, endpoint));
  else takeOut(room, undefined, endpoint);
}

function takeOut(room: Room, sandbox: Sandbox | undefined, endpoint: StoredEndpoint): void {
  const network = room.store.network(endpoint.networkId);
  room.store.removeEndpoints([endpoint]);
  room.firewall.close([endpoint]);
  room.ports.release(endpoint.id);
  room.announcements.forget(endpoint.id);
  if (network) room.drivers.get(network.driver)?.unplug(network, endpoint, sandbox);
  const left = room.store.endpointsOfContainer(endpoint.containerId).filter(({ interfaceName }) => interfaceName);
  if (sandbox && endpoint.ports.length > 0) movePorts(room, endpoint.askedPorts ?? endpoint.ports, left);
  if (sandbox) passGatewayOn(room, sandbox, gatewayChanges([...left, endpoint], left));
}

/** Who had it is gone by then: one of the others that cannot be the gateway, since its interface is down, does not undo that. */
function passGatewayOn(room: Room, sandbox: Sandbox, families: readonly Family[]): void {
  if (families.length === 0) return;
  try {
    restoreDefaultRoutes(room, sandbox, families);
  } catch (error) {
    room.warn(`container ${sandbox.containerId}: no other network could become its gateway: ${messageOf(error)}`);
  }
}

/**
 * Completes what a daemon killed amid a connect or disconnect left undone: an interface that lives in the sandbox alone and
 * is no seat's, default routes, whose interface is gone, and published ports.
 */
export function completeChange(room: Room, sandbox: Sandbox): void {
  const change = unsettled(room.store, sandbox.containerId);
  if (!change) return;
  const { ports, interfaceName } = change;
  const seats = room.store.endpointsOfContainer(sandbox.containerId).filter(hasInterface);
  if (seats.every((seat) => seat.interfaceName !== interfaceName)) unplugInside(room.host, { interfaceName }, sandbox);
  restoreDefaultRoutes(room, sandbox);
  if (ports.length > 0 && seats.every((seat) => seat.ports.length === 0)) movePorts(room, ports, seats);
  else gatherPorts(room, sandbox.containerId);
  settle(room.store, sandbox.containerId);
}

/** Those that are lacking: one that is there is somebody's own. */
function restoreDefaultRoutes(room: Room, sandbox: Sandbox, families: readonly Family[] = ['ipv4', 'ipv6']): void {
  const endpoints = room.store.endpointsOfContainer(sandbox.containerId).filter(hasInterface);
  if (endpoints.length === 0) return;
  room.host.inSandbox(sandbox.pid, (netlink) => {
    const there = netlink.query(listRoutes()).flatMap((message) => parseRoute(message)?.destination ?? []);
    const lacking = families.filter((family) => !there.includes(family === 'ipv4' ? '0.0.0.0/0' : '::/0'));
    netlink.run(...defaultRoutes(usableHere(room, endpoints), indexIn(netlink), lacking));
  });
}

function plugAll(room: Room, sandbox: Sandbox, named: readonly StoredEndpoint[], present: readonly StoredEndpoint[]): void {
  try {
    try {
      room.host.netlink.run(...plugs(room, sandbox, named));
    } catch (error) {
      restoreBridges(room, sandbox, named, error);
      room.host.netlink.run(...plugs(room, sandbox, named));
    }
    layOut(room, sandbox, named, [...present, ...named]);
  } catch (error) {
    unplugAll(room, sandbox, named);
    passGatewayOn(room, sandbox, gatewayChanges([...present, ...named], present)); // it may have had the default route already
    throw error;
  }
}

function plugs(room: Room, sandbox: Sandbox, named: readonly StoredEndpoint[]): NetlinkRequest[] {
  return named.flatMap((endpoint) => withDriver(room, endpoint, (driver, network) => driver.plug(network, endpoint, sandbox, endpoint.interfaceName ?? '')) ?? []);
}

/**
 * Makes bridges again that somebody removed, which is what the kernel's refusal of `named` as invalid may mean (it is asked no sooner: that
 * waits for its lock on links), and takes out what of them is there, for another attempt. Throws any other refusal.
 */
function restoreBridges(room: Room, sandbox: Sandbox, named: readonly StoredEndpoint[], refusal: unknown): void {
  if (!(refusal instanceof NetlinkError && refusal.code === 'EINVAL')) throw refusal;
  unplugAll(room, sandbox, named);
  for (const endpoint of named) {
    withDriver(room, endpoint, (driver, network) => {
      if (!driver.restore?.(network)) return;
      room.upkeep.follow(network);
      room.warn(`the bridge ${network.interfaceName} of network ${network.name} was gone: made anew`);
    });
  }
}

function unplugAll(room: Room, sandbox: Sandbox, endpoints: readonly StoredEndpoint[]): void {
  for (const endpoint of endpoints) withDriver(room, endpoint, (driver, network) => driver.unplug(network, endpoint, sandbox));
}

/** Endpoints as they are now, with their interfaces. One that was disconnected while its interface was being made leaves none. */
function stillThere(room: Room, sandbox: Sandbox, named: readonly StoredEndpoint[]): StoredEndpoint[] {
  return named.flatMap((endpoint) => {
    const now = room.store.endpoint(endpoint.id);
    if (now) return [{ ...now, interfaceName: endpoint.interfaceName }];
    withDriver(room, endpoint, (driver, network) => driver.unplug(network, endpoint, sandbox));
    return [];
  });
}

/** What endpoints need once their interfaces, `fresh` among `all`, are in the sandbox. */
function layOut(room: Room, sandbox: Sandbox, fresh: readonly StoredEndpoint[], all: readonly StoredEndpoint[], bornWithoutIPv6 = false): void {
  configure(room, sandbox, fresh, all, bornWithoutIPv6);
  openDns(room, sandbox, fresh);
  room.firewall.open(fresh);
  try {
    room.store.updateEndpoints(fresh);
  } catch (error) {
    room.firewall.close(fresh); // who lets go of a seat that was not stored as laid leaves its ports alone
    throw error;
  }
}

/** Listens at the resolver's address once the container sits in a network that has names. */
export function openDns(room: Room, sandbox: Sandbox, endpoints: readonly StoredEndpoint[]): void {
  const needed = endpoints.some(({ networkId }) => {
    const network = room.store.network(networkId);
    return network !== undefined && hasDns(network);
  });
  if (needed) room.dns.open(sandbox, recallDns(room.store, sandbox.containerId));
}

function wantsIPv6({ ipv6, sysctls }: StoredEndpoint): boolean {
  return ipv6 !== undefined || sysctls?.['net.ipv6.conf.all.disable_ipv6'] === '0';
}

/**
 * Has interfaces begin without IPv6 in a sandbox in which nothing runs yet, until it is disposed of. To switch it off on an interface that is there takes the lock for all links, for which the kernel spins
 * (addrconf_disable_ipv6); the default takes none.
 */
function beBornWithoutIPv6(room: Room, { pid }: Sandbox): Disposable | undefined {
  return room.host.changeSysctlInside(pid, IPV6_OFF, '1');
}

/** One visit to the sandbox: loopback, every new interface, the default routes. */
function configure(room: Room, sandbox: Sandbox, fresh: readonly StoredEndpoint[], all: readonly StoredEndpoint[], bornWithoutIPv6: boolean): void {
  room.host.inSandbox(sandbox.pid, (netlink) => {
    const indexOf = indexIn(netlink);
    const usable = usableHere(room, all.filter(hasInterface));
    const requests = usable.filter(({ id }) => fresh.some((endpoint) => endpoint.id === id)).flatMap((endpoint) => {
      if (!bornWithoutIPv6) room.host.writeSysctl(`net/ipv6/conf/${endpoint.interfaceName}/disable_ipv6`, wantsIPv6(endpoint) ? '0' : '1');
      return addressRequests(endpoint, indexOf(endpoint));
    });
    const present = usable.filter(({ id }) => fresh.every((endpoint) => endpoint.id !== id));
    const changed = gatewayChanges(present, usable);
    if (present.length > 0) refuseForeignGateway(usable, changed, netlink, indexOf);
    for (const endpoint of fresh) for (const [name, value] of sysctlsOf(endpoint)) writeSysctl(room, name, value);
    netlink.run(setLink(LOOPBACK, { up: true }), ...requests, ...defaultRoutes(usable, indexOf, changed));
    for (const endpoint of usable.filter((its) => !present.includes(its))) withDriver(room, endpoint, (_driver, network) => room.announcements.prepare(endpoint, network, indexOf(endpoint)));
  });
}

/** Seats as the sandbox that is being visited can use them: one that switched IPv6 off for all its interfaces (--sysctl) has none on ours either. */
function usableHere(room: Room, seats: readonly StoredEndpoint[]): readonly StoredEndpoint[] {
  const off = seats.some(({ ipv6 }) => ipv6) && room.host.readSysctl('net/ipv6/conf/all/disable_ipv6') === '1';
  return off ? seats.map((seat) => ({ ...seat, ipv6: undefined })) : seats;
}

/** Looks interfaces up by name, each once. */
function indexIn(netlink: Netlink): (endpoint: { readonly interfaceName: string | undefined }) => number {
  const found = new Map<string, number>();
  return ({ interfaceName = '' }) => {
    const known = found.get(interfaceName);
    if (known !== undefined) return known;
    const [answer] = netlink.query(getLink(interfaceName));
    const index = (answer && indexOfLink(answer)) ?? 0;
    found.set(interfaceName, index);
    return index;
  };
}

/** What the user asked for by name must be there. */
function writeSysctl({ host }: Room, name: string, value: string): void {
  const refuse = (reason: string, cause?: unknown): never => {
    throw new InvalidArgument(`failed to set sysctl ${name.replaceAll('/', '.')}: ${reason}`, { cause });
  };
  try {
    if (host.readSysctl(name) !== undefined) return host.writeSysctl(name, value);
  } catch (error) {
    const { errno } = error as NodeJS.ErrnoException;
    refuse(errno === undefined ? messageOf(error) : getSystemErrorMessage(errno), error);
  }
  refuse('no such file or directory');
}

/** The container's own for this interface, and the endpoint's, `net.ipv4.conf.IFNAME.log_martians=1,…` as paths below /proc/sys, with the interface's name. */
function sysctlsOf({ driverOptions, sysctls = {}, interfaceName = '' }: StoredEndpoint): [string, string][] {
  const own = Object.entries(sysctls).filter(([name]) => name.split('.')[3] === interfaceName).map(([name, value]): [string, string] => [name.replaceAll('.', '/'), value]);
  const optional = (driverOptions[SYSCTLS_OPTION] ?? '').split(',').filter((text) => text !== '').map((text): [string, string] => {
    const [name = '', ...value] = text.split('=');
    return [name.split('.').map((part) => (/^ifname$/i.test(part) ? interfaceName : part)).join('/'), value.join('=')];
  });
  return [...own, ...optional];
}

/** The user's name for each or the lowest free ethN; '' for endpoints that have no interface of their own. */
function nameInterfaces(room: Room, fresh: readonly StoredEndpoint[], present: readonly StoredEndpoint[]): StoredEndpoint[] {
  const used = new Set(present.map(({ interfaceName }) => interfaceName));
  return fresh.map((endpoint) => {
    if (endpoint.remote ? !endpoint.remote.joined?.source : endpoint.macAddress === '') return { ...endpoint, interfaceName: '' };
    const prefix = endpoint.remote?.joined?.prefix || room.store.network(endpoint.networkId)?.options[PREFIX_OPTION] || 'eth';
    const interfaceName = endpoint.driverOptions[IFNAME_OPTION] || lowestFree(used, prefix);
    if (!/^[^\s/:]{1,15}$/.test(interfaceName)) throw new InvalidArgument(`${IFNAME_OPTION}: ${JSON.stringify(interfaceName)} is not the name of an interface`);
    used.add(interfaceName);
    return { ...endpoint, interfaceName };
  });
}

function lowestFree(used: ReadonlySet<string | undefined>, prefix: string): string {
  let number = 0;
  while (used.has(`${prefix}${number}`)) number++;
  return `${prefix}${number}`;
}

function hasInterface({ interfaceName }: StoredEndpoint): boolean {
  return interfaceName !== undefined && interfaceName !== '';
}

function withDriver<T>(room: Room, endpoint: StoredEndpoint, work: (driver: Driver, network: NetworkRecord) => T): T | undefined {
  const network = room.store.network(endpoint.networkId);
  const driver = network && room.drivers.get(network.driver);
  return network && driver && work(driver, network);
}
