/** What macvlan and ipvlan share: a link of the host, the parent, on which every endpoint gets a link of its own. */
import { createBridge, createVlan, deleteLink, setLink } from '#kernel';
import { errnoOf, Internal, messageOf } from '#base';
import { findLink, removeLink, type Host } from './kernel.ts';
import { bridgeNameOf } from './names.ts';
import type { NetworkRecord, Sandbox } from './port.ts';
import type { NetworkStore, StoredEndpoint } from './store.ts';

/** The parent's name: the user's, or for a network that leads nowhere a link of ours. */
export function parentOf(network: NetworkRecord): string {
  return network.options['parent'] || bridgeNameOf(network.id);
}

/**
 * Makes sure that there is a parent: a link of the user's, the VLAN `eth0.10` on one, or for a network that leads
 * nowhere one of ours. Throws Internal in Docker's words when there is none and none can be made.
 */
export function ensureParent(host: Host, store: NetworkStore, network: NetworkRecord): void {
  const name = parentOf(network);
  const existing = findLink(host, name);
  if (name === 'lo') throw new Internal(`loopback interface is not a valid ${network.driver} parent link`);
  if (!existing && network.options['parent']) makeVlan(host, store, name);
  else if (!existing) host.netlink.run(createBridge({ name }));
  const isOurs = !network.options['parent'] || store.value(madeKey(name)) !== undefined;
  if (isOurs) host.netlink.run(setLink(findLink(host, name)?.index ?? 0, { up: true }));
}

/** Removes a parent of ours once no other network is on it. */
export function removeParent(host: Host, store: NetworkStore, network: NetworkRecord): void {
  const name = parentOf(network);
  const isMade = store.value(madeKey(name)) !== undefined;
  const isShared = store.networks().some((other) => other.id !== network.id && other.options['parent'] === name);
  if ((network.options['parent'] && !isMade) || isShared) return;
  const link = findLink(host, name);
  if (link) removeLink(host, link);
  store.setValue(madeKey(name), undefined);
}

export function parentIndex(host: Host, network: NetworkRecord): number {
  const link = findLink(host, parentOf(network));
  if (!link) throw new Internal(`the parent interface ${parentOf(network)} of network ${network.name} is not there any more`);
  return link.index;
}

/** Takes an endpoint's link out of its sandbox, where it lives whole; one of another kind that has its name is somebody else's. */
export function unplugInside(host: Host, endpoint: Pick<StoredEndpoint, 'interfaceName'>, sandbox: Sandbox | undefined): void {
  if (!sandbox || !endpoint.interfaceName) return;
  const { interfaceName } = endpoint;
  host.inSandbox(sandbox.pid, (netlink) => {
    const link = findLink({ netlink }, interfaceName);
    if (link && /^(?:mac|ip)vlan$/.test(link.kind)) netlink.run(deleteLink(link.index));
  });
}

/** A VLAN named as `vconfig` and Docker do: its link, a dot, its number. Ours from then on. */
function makeVlan(host: Host, store: NetworkStore, name: string): void {
  const [, below = '', tag = ''] = /^([^.]*)\.([^.]*)$/.exec(name) ?? [];
  if (below === '') throw new Internal(`invalid subinterface vlan name ${name}, example formatting is eth0.10`);
  if (!/^\d+$/.test(tag)) throw new Internal(`unable to parse a valid vlan id from: ${tag} (ex. eth0.10 for vlan 10)`);
  const id = Number(tag);
  if (id < 1 || id > 4094) throw new Internal(`vlan id must be between 1-4094, received: ${id}`);
  const link = findLink(host, below);
  if (!link) throw new Internal(`-o parent interface was not found on the host: ${below}`);
  try {
    host.netlink.run(createVlan({ name, parent: link.index }, id));
  } catch (error) {
    const reason = errnoOf(error) === 'ENOTSUP' ? 'the kernel of this host has no VLANs (CONFIG_VLAN_8021Q)' : messageOf(error);
    throw new Internal(`failed to create ${name} vlan link: ${reason}`, { cause: error });
  }
  store.setValue(madeKey(name), 'naru');
}

function madeKey(name: string): string {
  return `parent/${name}`;
}
