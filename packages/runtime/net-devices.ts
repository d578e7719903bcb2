/** `linux.netDevices` (OCI runtime-spec config-linux.md "Network Devices"): interfaces of the host go into the container's network namespace. */
import { Internal, messageOf } from '#base';
import { addAddress, getLink, inNetworkNamespace, isLasting, listAddresses, openNetlink, parseAddress, parseLink, setLink, type InterfaceAddress, type Netlink } from '#kernel';
import type { OciSpec } from '#spec';

/**
 * Moves them to where process `pid` is, each with its lasting addresses and by its new name where it has one, and up. What the
 * kernel made up (a veth, a dummy) ends with the namespace; hardware comes back to the host. Throws Internal.
 */
export function moveNetDevices({ linux }: OciSpec, pid: number): void {
  for (const [name, { name: renamed }] of Object.entries(linux?.netDevices ?? {})) {
    try {
      const addresses = sendAway(name, renamed || name, pid);
      inNetworkNamespace(pid, () => takeIn(renamed || name, addresses));
    } catch (error) {
      throw new Internal(`unable to move network device ${name} to the container: ${messageOf(error)}`, { cause: error });
    }
  }
}

/** Name and namespace change at once, so that neither side need have the other's name free. Gives its addresses, which the kernel forgets. */
function sendAway(name: string, there: string, pid: number): InterfaceAddress[] {
  using netlink = openNetlink();
  const index = indexOf(netlink, name);
  const addresses = netlink.query(listAddresses()).filter(isLasting).flatMap((message) => parseAddress(message) ?? []);
  netlink.run(setLink(index, { up: false }));
  netlink.run(setLink(index, { name: there, namespace: { pid } }));
  return addresses.filter((address) => address.index === index);
}

function takeIn(name: string, addresses: readonly InterfaceAddress[]): void {
  using netlink = openNetlink();
  const index = indexOf(netlink, name);
  netlink.run(...addresses.map(({ address, prefix }) => addAddress({ index, address, prefix })));
  netlink.run(setLink(index, { up: true }));
}

function indexOf(netlink: Netlink, name: string): number {
  const [link] = netlink.query(getLink(name)).flatMap((message) => parseLink(message) ?? []);
  if (!link) throw new Internal(`link not found for interface ${name}`);
  return link.index;
}
