/** What macvlan and ipvlan share: a link of the host, the parent, on which every endpoint gets a link of its own. */
import { createBridge, deleteLink, getLink, parseLink, setLink } from '#kernel';
import { InvalidArgument } from '#base';
import { findLink, removeLink, type Host } from './kernel.ts';
import { bridgeNameOf } from './names.ts';
import type { NetworkRecord, Sandbox } from './port.ts';
import type { StoredEndpoint } from './store.ts';

/** The parent's name: the user's, or for a network that leads nowhere a link of ours. */
export function parentOf(network: NetworkRecord): string {
  return network.options['parent'] || bridgeNameOf(network.id);
}

/** Makes sure that there is a parent, and that it is up. Throws InvalidArgument when the user's is not there. */
export function ensureParent(host: Host, network: NetworkRecord): void {
  const name = parentOf(network);
  const isOurs = !network.options['parent'];
  if (isOurs && !findLink(host, name)) host.netlink.run(createBridge({ name }));
  const link = findLink(host, name);
  if (!link) throw new InvalidArgument(`the requested parent interface ${name} was not found on this host`);
  if (isOurs) host.netlink.run(setLink(link.index, { up: true }));
}

export function removeParent(host: Host, network: NetworkRecord): void {
  const link = network.options['parent'] ? undefined : findLink(host, parentOf(network));
  if (link) removeLink(host, link);
}

export function parentIndex(host: Host, network: NetworkRecord): number {
  const link = findLink(host, parentOf(network));
  if (!link) throw new InvalidArgument(`the requested parent interface ${parentOf(network)} was not found on this host`);
  return link.index;
}

/** Takes an endpoint's link out of its sandbox, where it lives whole. */
export function unplugInside(host: Host, endpoint: StoredEndpoint, sandbox: Sandbox | undefined): void {
  if (!sandbox || !endpoint.interfaceName) return;
  const { interfaceName } = endpoint;
  host.inSandbox(sandbox.pid, (netlink) => {
    const [answer] = netlink.query(getLink(interfaceName));
    const link = answer && parseLink(answer);
    if (link) netlink.run(deleteLink(link.index));
  });
}
