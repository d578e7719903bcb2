import type { Room } from '../room.ts';

/** Closes what a container's endpoints may reach of another's by links. */
export function unlink({ store, firewall }: Room, containerId: string, target: string): void {
  for (const endpoint of store.endpointsOfContainer(containerId)) {
    const gone = endpoint.reaches?.filter((port) => port.containerId === target) ?? [];
    if (gone.length === 0) continue;
    store.updateEndpoints([{ ...endpoint, reaches: endpoint.reaches?.filter((port) => port.containerId !== target) ?? [] }]);
    firewall.closeLinks({ ...endpoint, reaches: gone });
  }
}
