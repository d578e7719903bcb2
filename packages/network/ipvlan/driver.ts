/** The ipvlan driver in its l2 mode: every container a neighbour on the parent's own wire, behind the parent's hardware address. */
import { errnoOf, InvalidArgument, NotImplemented } from '#base';
import { createIpvlan } from '#kernel';
import type { Driver } from '../driver.ts';
import { findLink, removeLink, type Host } from '../kernel.ts';
import { ensureParent, parentIndex, removeParent, unplugInside } from '../parent.ts';
import type { NetworkRecord } from '../port.ts';

export function ipvlanDriver(host: Host): Driver {
  return {
    name: 'ipvlan',
    check: requireL2,
    ensure: (network) => {
      ensureParent(host, network);
      tryOut(host, network);
    },
    remove: (network) => removeParent(host, network),
    plug: (network, _endpoint, { pid }, name) => host.netlink.run(createIpvlan({ name, parent: parentIndex(host, network), namespace: { pid } }, 'l2')),
    unplug: (_network, endpoint, sandbox) => unplugInside(host, endpoint, sandbox),
  };
}

function requireL2({ options }: NetworkRecord): void {
  const mode = options['ipvlan_mode'] || 'l2';
  if (mode === 'l3' || mode === 'l3s') throw new NotImplemented(`not implemented: ipvlan mode ${mode}`);
  if (mode !== 'l2') throw new InvalidArgument(`requested ipvlan mode '${mode}' is not valid, 'l2' mode is the ipvlan driver default`);
}

/** Says at once what every start would find out: not every kernel has ipvlan. */
function tryOut(host: Host, network: NetworkRecord): void {
  const name = `nr${network.id.slice(0, 12)}`;
  try {
    host.netlink.run(createIpvlan({ name, parent: parentIndex(host, network) }, 'l2'));
  } catch (error) {
    if (errnoOf(error) !== 'ENOTSUP') throw error;
    throw new InvalidArgument('the kernel of this host has no ipvlan driver (CONFIG_IPVLAN): use macvlan or bridge', { cause: error });
  }
  const link = findLink(host, name);
  if (link) removeLink(host, link);
}
