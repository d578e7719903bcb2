/**
 * A running container whose seats are being changed is marked while that lasts: a daemon killed amid the change leaves
 * the mark, and the next one completes default routes and ports for it, without a visit to every container.
 */
import type { PortBinding } from '../port.ts';
import type { NetworkStore } from '../store.ts';

/** Runs a change of a container's seats under the mark, with the ports that it has published then. */
export function changingSeats<T>(store: NetworkStore, containerId: string, change: () => T): T {
  const asked = store.endpointsOfContainer(containerId).flatMap(({ askedPorts = [] }) => askedPorts);
  store.setValue(keyOf(containerId), JSON.stringify(asked));
  try {
    return change();
  } finally {
    settle(store, containerId);
  }
}

/** The ports of a container whose change was not completed; undefined when none was under way. */
export function unsettledPorts(store: NetworkStore, containerId: string): readonly PortBinding[] | undefined {
  const text = store.value(keyOf(containerId));
  return text === undefined ? undefined : (JSON.parse(text) as PortBinding[]);
}

export function settle(store: NetworkStore, containerId: string): void {
  store.setValue(keyOf(containerId), undefined);
}

function keyOf(containerId: string): string {
  return `unsettled/${containerId}`;
}
