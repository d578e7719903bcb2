/**
 * A running container whose seats are being changed is marked while that lasts: a daemon killed amid the change leaves
 * the mark, and the next one completes default routes and ports for it, without a visit to every container.
 */
import type { PortBinding } from '../port.ts';
import type { NetworkStore } from '../store.ts';

const PREFIX = 'unsettled/';

/** What a change that was not completed was about. */
export interface Unsettled {
  /** The ports that the container had published before it. */
  readonly ports: readonly PortBinding[];
  /** The interface that was coming or going. */
  readonly interfaceName?: string | undefined;
}

/** Runs the change of one of a container's seats under the mark. One that fails half-way leaves it, as a daemon does that is killed. */
export function changingSeats(store: NetworkStore, containerId: string, interfaceName: string | undefined, change: () => void): void {
  const ports = store.endpointsOfContainer(containerId).flatMap(({ askedPorts, ports: its }) => askedPorts ?? its);
  store.setValue(keyOf(containerId), JSON.stringify({ ports, interfaceName } satisfies Unsettled));
  change();
  settle(store, containerId);
}

/** The change of a container that was not completed; undefined when none was under way. */
export function unsettled(store: NetworkStore, containerId: string): Unsettled | undefined {
  const text = store.value(keyOf(containerId));
  if (text === undefined) return undefined;
  const known = JSON.parse(text) as Unsettled | PortBinding[];
  return Array.isArray(known) ? { ports: known } : known; // an earlier daemon wrote the ports alone
}

/** The containers that have a mark. */
export function unsettledContainers(store: NetworkStore): string[] {
  return store.keysAfter(PREFIX);
}

export function settle(store: NetworkStore, containerId: string): void {
  store.setValue(keyOf(containerId), undefined);
}

function keyOf(containerId: string): string {
  return `${PREFIX}${containerId}`;
}
