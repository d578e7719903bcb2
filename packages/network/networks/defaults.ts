import { formatCidr, InvalidArgument, parseCidr } from '#base';
import { MTU_OPTION } from '../bridge/options.ts';
import type { CreateNetwork, NetworkRecord, Pool } from '../port.ts';
import type { Room } from '../room.ts';
import { layNetwork, recordOf } from './create.ts';

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
  const [pool] = wanted.ipam?.pools ?? [];
  return options.every(([key, value]) => current.options[key] === value) && (!pool || current.ipam.pools.some((has) => has.subnet === pool.subnet && (pool.gateway === undefined || has.gateway === pool.gateway) && has.ipRange === (pool.ipRange ?? '')));
}

/** The network of a container that names none, with the options Docker shows for its own. */
function defaultBridge({ names, defaults }: Room): CreateNetwork {
  return {
    name: 'bridge',
    driver: 'bridge',
    options: {
      'com.docker.network.bridge.default_bridge': 'true',
      'com.docker.network.bridge.enable_icc': String(defaults.icc ?? true),
      'com.docker.network.bridge.enable_ip_masquerade': String(defaults.masquerade ?? true),
      'com.docker.network.bridge.host_binding_ipv4': defaults.bindingIp ?? '0.0.0.0',
      'com.docker.network.bridge.name': defaults.bridge ?? names.defaultBridge,
      [MTU_OPTION]: String(defaults.mtu ?? 1500),
    },
    ipam: { pools: defaultPools(defaults) },
  };
}

/** `--fixed-cidr` narrows the subnet of `--bip`; alone it is the subnet. */
function defaultPools({ bip, fixedCidr }: Room['defaults']): Partial<Pool>[] {
  if (bip !== undefined) return [{ ...poolOf(bip), ...(fixedCidr === undefined ? {} : { ipRange: fixedCidr }) }];
  return fixedCidr === undefined ? [] : [{ subnet: fixedCidr, ipRange: fixedCidr }];
}

function poolOf(bip: string): { subnet: string; gateway: string } {
  const subnet = parseCidr(bip);
  if (!subnet) throw new InvalidArgument(`invalid bip: ${bip} is no address with a prefix`);
  return { subnet: formatCidr(subnet), gateway: bip.slice(0, bip.indexOf('/')) };
}
