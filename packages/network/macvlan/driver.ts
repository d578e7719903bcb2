/** The macvlan driver: every container a neighbour on the parent's own wire, with a hardware address of its own. */
import { InvalidArgument } from '#base';
import { createMacvlan, macvlanModes } from '#kernel';
import { MTU_OPTION, mtuOf } from '../bridge/options.ts';
import type { Driver } from '../driver.ts';
import type { Host } from '../kernel.ts';
import type { NetworkRecord } from '../port.ts';
import { ensureParent, parentIndex, removeParent, unplugInside } from '../parent.ts';

type Mode = keyof typeof macvlanModes;

export function macvlanDriver(host: Host): Driver {
  return {
    name: 'macvlan',
    check: (network) => void modeOf(network),
    ensure: (network) => ensureParent(host, network),
    remove: (network) => removeParent(host, network),
    plug: (network, endpoint, { pid }, name) => {
      const mtu = network.options[MTU_OPTION] === undefined ? {} : { mtu: mtuOf(network.options[MTU_OPTION]) };
      host.netlink.run(createMacvlan({ name, mac: endpoint.macAddress, ...mtu, parent: parentIndex(host, network), namespace: { pid } }, modeOf(network)));
    },
    unplug: (_network, endpoint, sandbox) => unplugInside(host, endpoint, sandbox),
  };
}

function modeOf({ options }: NetworkRecord): Mode {
  const mode = options['macvlan_mode'] || 'bridge';
  if (!Object.hasOwn(macvlanModes, mode)) throw new InvalidArgument(`requested macvlan mode '${mode}' is not valid, 'bridge' mode is the macvlan driver default`);
  return mode as Mode;
}
