/**
 * The interfaces of drivers that are plugins: made by them on the host, moved into the sandbox, and moved back under the
 * name they had before the namespace goes, so that who made them finds them.
 */
import { Internal, quote } from '#base';
import { setLink, type NetlinkRequest } from '#kernel';
import type { Driver } from '../driver.ts';
import { findLink, type HeldSandbox, type Host } from '../kernel.ts';
import type { Sandbox } from '../port.ts';
import type { StoredEndpoint } from '../store.ts';

/** Namespaces of containers with such interfaces, held until these are out of them. */
export class HeldSandboxes implements Disposable {
  readonly #host: Host;
  readonly #held = new Map<string, HeldSandbox>();

  constructor(host: Host) {
    this.#host = host;
  }

  hold({ containerId, pid }: Sandbox): HeldSandbox {
    const held = this.#held.get(containerId) ?? this.#host.holdSandbox(pid);
    this.#held.set(containerId, held);
    return held;
  }

  get(containerId: string): HeldSandbox | undefined {
    return this.#held.get(containerId);
  }

  letGo(containerId: string): void {
    this.#held.get(containerId)?.[Symbol.dispose]();
    this.#held.delete(containerId);
  }

  [Symbol.dispose](): void {
    for (const containerId of this.#held.keys()) this.letGo(containerId);
  }
}

/** The driver `name` as the rest of this room sees it. */
export function remoteLinks(name: string, host: Host, sandboxes: HeldSandboxes): Driver {
  return {
    name,
    check: () => {},
    ensure: () => {},
    remove: () => {},
    plug: (_network, endpoint, sandbox, wanted) => moveIn(host, endpoint, sandbox, wanted),
    unplug: (_network, endpoint, sandbox) => moveOut(sandbox ? sandboxes.hold(sandbox) : sandboxes.get(endpoint.containerId), endpoint),
  };
}

function moveIn(host: Host, { remote, macAddress }: StoredEndpoint, { pid }: Sandbox, name: string): NetlinkRequest[] {
  const source = remote?.joined?.source;
  if (!source) return [];
  const link = findLink(host, source);
  if (!link) throw new Internal(`failed to add interface ${source} to sandbox: failed to get link by name ${quote(source)}: Link not found`);
  return [setLink(link.index, { name, ...(macAddress && { mac: macAddress }), namespace: { pid } })];
}

/** One that is gone already went with its other end. */
function moveOut(held: HeldSandbox | undefined, { interfaceName, remote }: StoredEndpoint): void {
  const source = remote?.joined?.source;
  if (!held || !source || !interfaceName) return;
  held.run((netlink, namespace) => {
    const link = findLink({ netlink }, interfaceName);
    if (link) netlink.run(setLink(link.index, { up: false }), setLink(link.index, { name: source, namespace }));
  });
}
