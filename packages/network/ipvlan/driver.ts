/**
 * The ipvlan driver: containers behind the parent's own hardware address. In mode l2 they are neighbours on its wire; in
 * l3 and l3s the parent routes for them, so they have no gateway and send everything to their interface.
 */
import { errnoOf, InvalidArgument } from '#base';
import { createIpvlan, ipvlanFlags, ipvlanModes, type IpvlanFlag, type IpvlanMode } from '#kernel';
import type { Driver } from '../driver.ts';
import { findLink, removeLink, type Host } from '../kernel.ts';
import { ensureParent, parentIndex, removeParent, unplugInside } from '../parent.ts';
import type { NetworkRecord } from '../port.ts';
import type { NetworkStore } from '../store.ts';

export function ipvlanDriver(host: Host, store: NetworkStore): Driver {
  return {
    name: 'ipvlan',
    check: (network) => void [modeOf(network), flagOf(network)],
    ensure: (network) => {
      ensureParent(host, store, network);
      tryOut(host, network);
    },
    remove: (network) => removeParent(host, store, network),
    plug: (network, _endpoint, { pid }, name) => [createIpvlan({ name, parent: parentIndex(host, network), namespace: { pid } }, modeOf(network), flagOf(network))],
    unplug: (_network, endpoint, sandbox) => unplugInside(host, endpoint, sandbox),
  };
}

/** True where containers have no gateway: what leaves goes to their interface, whatever its address. */
export function routesByInterface(network: Pick<NetworkRecord, 'driver' | 'options'>): boolean {
  return network.driver === 'ipvlan' && (network.options['ipvlan_mode'] || 'l2') !== 'l2';
}

function modeOf({ options }: NetworkRecord): IpvlanMode {
  const mode = options['ipvlan_mode'] || 'l2';
  if (!Object.hasOwn(ipvlanModes, mode)) throw new InvalidArgument(`requested ipvlan mode '${mode}' is not valid, 'l2' mode is the ipvlan driver default`);
  return mode as IpvlanMode;
}

function flagOf({ options }: NetworkRecord): IpvlanFlag {
  const flag = options['ipvlan_flag'] || 'bridge';
  if (!Object.hasOwn(ipvlanFlags, flag)) throw new InvalidArgument(`requested ipvlan flag '${flag}' is not valid, 'bridge' is the ipvlan driver default`);
  return flag as IpvlanFlag;
}

/** Says at once what every start would find out: not every kernel has ipvlan. */
function tryOut(host: Host, network: NetworkRecord): void {
  const name = `nr${network.id.slice(0, 12)}`;
  try {
    host.netlink.run(createIpvlan({ name, parent: parentIndex(host, network) }, modeOf(network), flagOf(network)));
  } catch (error) {
    if (errnoOf(error) !== 'ENOTSUP') throw error;
    throw new InvalidArgument('the kernel of this host has no ipvlan driver (CONFIG_IPVLAN): use macvlan or bridge', { cause: error });
  }
  const link = findLink(host, name);
  if (link) removeLink(host, link);
}
