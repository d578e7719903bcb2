import { formatCidr, InvalidArgument, parseCidr } from '#base';
import { MTU_OPTION } from '../bridge/options.ts';
import type { CreateNetwork } from '../port.ts';
import type { Room } from '../room.ts';
import { layNetwork, recordOf } from './create.ts';

/** Makes the networks that every daemon has, where the store has none of that name. */
export function ensureDefaults(room: Room): void {
  const missing = (name: string): boolean => !room.store.networks().some((network) => network.name === name);
  if (missing('none')) layNetwork(room, recordOf(room, { name: 'none', driver: 'null' }));
  if (missing('host')) layNetwork(room, recordOf(room, { name: 'host', driver: 'host' }));
  if (missing('bridge')) layNetwork(room, recordOf(room, defaultBridge(room)));
}

/** The network of a container that names none, with the options Docker shows for its own. */
function defaultBridge({ names, defaults }: Room): CreateNetwork {
  return {
    name: 'bridge',
    driver: 'bridge',
    options: {
      'com.docker.network.bridge.default_bridge': 'true',
      'com.docker.network.bridge.enable_icc': 'true',
      'com.docker.network.bridge.enable_ip_masquerade': 'true',
      'com.docker.network.bridge.host_binding_ipv4': '0.0.0.0',
      'com.docker.network.bridge.name': defaults.bridge ?? names.defaultBridge,
      [MTU_OPTION]: String(defaults.mtu ?? 1500),
    },
    ipam: { pools: defaults.bip === undefined ? [] : [poolOf(defaults.bip)] },
  };
}

function poolOf(bip: string): { subnet: string; gateway: string } {
  const subnet = parseCidr(bip);
  if (!subnet) throw new InvalidArgument(`invalid bip: ${bip} is no address with a prefix`);
  return { subnet: formatCidr(subnet), gateway: bip.slice(0, bip.indexOf('/')) };
}
