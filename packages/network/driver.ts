import type { Link, NetlinkRequest } from '#kernel';
import type { NetworkRecord, Sandbox } from './port.ts';
import type { StoredEndpoint } from './store.ts';

/** What one kind of network does on the host. Everything is synchronous; all may be called again on what is there already. */
export interface Driver {
  readonly name: string;
  /** Throws InvalidArgument when the driver cannot have a network with these options. */
  check(network: NetworkRecord): void;
  /** Lays what the network needs on the host. */
  ensure(network: NetworkRecord): void;
  /** Lays it anew where somebody else has removed it since; false where it is there. */
  restore?(network: NetworkRecord): boolean;
  /**
   * Puts back what another program took of it, and of what those endpoints have on the host, unless that is the user's own; `links` are the
   * host's by their names, as they are. Tells what it put back, in words for the log; nothing where all is whole.
   */
  repair?(network: NetworkRecord, endpoints: readonly StoredEndpoint[], links: ReadonlyMap<string, Link>): string[];
  /** Sysctls of it that are to be kept, and of which the kernel announces no change. */
  settings?(network: NetworkRecord): string[];
  /** Takes it away. */
  remove(network: NetworkRecord): void;
  /** The requests that put an interface named `name` into the sandbox, down and without addresses. */
  plug(network: NetworkRecord, endpoint: StoredEndpoint, sandbox: Sandbox, name: string): NetlinkRequest[];
  /** The name of the host's end of an endpoint's interface, whose counters are that one's, the other way round; without it there is none. */
  near?(endpoint: StoredEndpoint): string;
  /** Takes the endpoint's interface away, if it is still there; `sandbox` while it runs. */
  unplug(network: NetworkRecord, endpoint: StoredEndpoint, sandbox: Sandbox | undefined): void;
}
