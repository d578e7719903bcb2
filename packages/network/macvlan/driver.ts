/** The macvlan driver: every container a neighbour on the parent's own wire, with a hardware address of its own. */
import { Internal, InvalidArgument } from '#base';
import { createMacvlan, macvlanModes } from '#kernel';
import { MTU_OPTION, mtuOf } from '../bridge/options.ts';
import type { Driver } from '../driver.ts';
import type { Host } from '../kernel.ts';
import type { NetworkRecord } from '../port.ts';
import { ensureParent, parentIndex, removeParent, unplugInside } from '../parent.ts';
import type { NetworkStore } from '../store.ts';

type Mode = keyof typeof macvlanModes;

export function macvlanDriver(host: Host, store: NetworkStore): Driver {
  return {
    name: 'macvlan',
    check: (network) => {
      modeOf(network);
      mtuOf(network.options[MTU_OPTION]);
      refuseSharing(store, network);
    },
    ensure: (network) => ensureParent(host, store, network),
    remove: (network) => removeParent(host, store, network),
    plug: (network, endpoint, { pid }, name) => {
      const mtu = network.options[MTU_OPTION] === undefined ? {} : { mtu: mtuOf(network.options[MTU_OPTION]) };
      return [createMacvlan({ name, mac: endpoint.macAddress, ...mtu, parent: parentIndex(host, network), namespace: { pid } }, modeOf(network))];
    },
    unplug: (_network, endpoint, sandbox) => unplugInside(host, endpoint, sandbox),
  };
}

function modeOf({ options }: NetworkRecord): Mode {
  const mode = options['macvlan_mode'] || 'bridge';
  if (!Object.hasOwn(macvlanModes, mode)) throw new InvalidArgument(`requested macvlan mode '${mode}' is not valid, 'bridge' mode is the macvlan driver default`);
  return mode as Mode;
}

/** In mode passthru one network has its parent for itself. */
function refuseSharing(store: NetworkStore, network: NetworkRecord): void {
  const { parent } = network.options;
  const other = store.networks().find(({ id, driver, options }) => parent && driver === 'macvlan' && id !== network.id && options['parent'] === parent);
  if (!other) return;
  if (modeOf(network) === 'passthru') throw new Internal(`cannot use mode passthru, macvlan network ${other.id} is already using parent interface ${parent}`);
  if (modeOf(other) === 'passthru') throw new Internal(`macvlan network ${other.id} is already using parent interface ${parent} in mode passthru`);
}
