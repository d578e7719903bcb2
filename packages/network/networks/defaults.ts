import { formatCidr, InvalidArgument, parseCidr } from '#base';
import { listAddresses, parseAddress } from '#kernel';
import { MTU_OPTION } from '../bridge/options.ts';
import { findLink, type Host } from '../kernel.ts';
import type { CreateNetwork, NetworkRecord, Pool } from '../port.ts';
import type { Room } from '../room.ts';
import { layNetwork, recordOf } from './create.ts';

/** Docker's own name for the default bridge, which it makes where it is missing. */
const dockersBridge = 'docker0';
/** In the place of a bridge's name: there is to be no default network. */
const noBridge = 'none';

/** Makes the networks that every daemon has, where the store has none of that name. */
export function ensureDefaults(room: Room): void {
  const missing = (name: string): boolean => !room.store.networks().some((network) => network.name === name);
  if (missing('none')) layNetwork(room, recordOf(room, { name: 'none', driver: 'null' }));
  if (missing('host')) layNetwork(room, recordOf(room, { name: 'host', driver: 'host' }));
  if (room.defaults.bridge !== noBridge && missing('bridge')) layNetwork(room, recordOf(room, defaultBridge(room)));
}

/**
 * Forgets the default bridge network when the daemon was given other options for it since, so that it is made anew;
 * while containers of a daemon before us use it, it stays as it is.
 */
export function forgetOutdatedDefault(room: Room): void {
  const { store, drivers, warn } = room;
  const current = store.networks().find(({ name }) => name === 'bridge');
  if (!current || isUpToDate(current, defaultBridge(room))) return;
  if (store.endpointsOfNetwork(current.id).length > 0) {
    warn('the default network keeps its options until no running container uses it');
    return;
  }
  drivers.get(current.driver)?.remove(current);
  store.removeNetwork(current.id);
}

function isUpToDate(current: NetworkRecord, wanted: CreateNetwork): boolean {
  const options = Object.entries(wanted.options ?? {});
  const pools = wanted.ipam?.pools ?? [];
  const family6 = wanted.enableIPv6 ?? false;
  return current.enableIPv6 === family6 && options.every(([key, value]) => current.options[key] === value) && pools.every((pool) => current.ipam.pools.some((has) => isLike(has, pool)));
}

/** As far as the daemon was told. */
function isLike(has: Pool, wanted: Partial<Pool>): boolean {
  const auxiliary = Object.entries(wanted.auxiliary ?? {});
  return (
    (wanted.subnet === undefined || has.subnet === wanted.subnet) && (wanted.gateway === undefined || has.gateway === wanted.gateway) && has.ipRange === (wanted.ipRange ?? '') &&
    auxiliary.length === Object.keys(has.auxiliary).length && auxiliary.every(([name, address]) => has.auxiliary[name] === address)
  );
}

/** The network of a container that names none, with the options Docker shows for its own. */
function defaultBridge({ host, names, defaults }: Room): CreateNetwork {
  return {
    name: 'bridge',
    driver: 'bridge',
    enableIPv6: defaults.ipv6 ?? false,
    options: {
      'com.docker.network.bridge.default_bridge': 'true',
      'com.docker.network.bridge.enable_icc': String(defaults.icc ?? true),
      'com.docker.network.bridge.enable_ip_masquerade': String(defaults.masquerade ?? true),
      'com.docker.network.bridge.host_binding_ipv4': defaults.bindingIp ?? '0.0.0.0',
      'com.docker.network.bridge.name': defaults.bridge ?? names.defaultBridge,
      [MTU_OPTION]: String(defaults.mtu ?? 1500),
    },
    ipam: { pools: [...pools4(host, defaults), ...pools6(host, defaults)] },
  };
}

/** `--fixed-cidr` narrows the subnet of `--bip`, or of the user's own bridge; alone it is the subnet. */
function pools4(host: Host, { bridge, bip, fixedCidr, defaultGateway }: Room['defaults']): Partial<Pool>[] {
  const auxiliary = defaultGateway === undefined ? {} : { auxiliary: { DefaultGatewayIPv4: defaultGateway } };
  const own = bip ?? (bridge === undefined || bridge === noBridge ? undefined : addressOfBridge(host, bridge, 4));
  if (own !== undefined) return [{ ...poolOf(own, 4), ...(fixedCidr === undefined ? {} : { ipRange: rangeOf(fixedCidr) }), ...auxiliary }];
  if (fixedCidr === undefined) return defaultGateway === undefined ? [] : [auxiliary];
  return [{ subnet: rangeOf(fixedCidr), ipRange: rangeOf(fixedCidr), ...auxiliary }];
}

/** The same with `--bip6` and `--fixed-cidr-v6`. */
function pools6(host: Host, { ipv6, bridge, bip6, fixedCidr6, defaultGateway6 }: Room['defaults']): Partial<Pool>[] {
  if (!ipv6) return [];
  const auxiliary = defaultGateway6 === undefined ? {} : { auxiliary: { DefaultGatewayIPv6: defaultGateway6 } };
  const own = bip6 ?? (bridge === undefined || bridge === noBridge ? undefined : addressOfBridge(host, bridge, 6));
  if (own !== undefined) return [{ ...poolOf(own, 6), ...(fixedCidr6 === undefined ? {} : { ipRange: rangeOf(fixedCidr6) }), ...auxiliary }];
  return fixedCidr6 === undefined ? [] : [{ subnet: rangeOf(fixedCidr6), ...auxiliary }];
}

/** The address with its prefix that the user gave a bridge of his own; undefined when he gave none. Throws InvalidArgument where there is no such bridge. */
function addressOfBridge(host: Host, name: string, family: 4 | 6): string | undefined {
  const link = findLink(host, name);
  if (!link && name === dockersBridge) return undefined;
  if (!link) throw new InvalidArgument(`bridge device with non default name ${name} must be created manually`);
  const found = host.netlink.query(listAddresses()).flatMap((message) => parseAddress(message) ?? []).find(({ index, address }) => index === link.index && address.includes(':') === (family === 6) && !/^fe[89ab]/.test(address));
  return found && `${found.address}/${found.prefix}`;
}

/** Without bits below the prefix. */
function rangeOf(text: string): string {
  const block = parseCidr(text);
  return block ? formatCidr(block) : text;
}

function poolOf(bip: string, family: 4 | 6): { subnet: string; gateway: string } {
  const subnet = parseCidr(bip);
  if (subnet?.family !== family) throw new InvalidArgument(`invalid bip${family === 6 ? '6' : ''}: ${bip} is no IPv${family} address with a prefix`);
  return { subnet: formatCidr(subnet), gateway: bip.slice(0, bip.indexOf('/')) };
}
