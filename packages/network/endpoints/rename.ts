import type { Room } from '../room.ts';

/** Gives a container's endpoints its new name, in answers and in reverse. */
export function rename({ store }: Room, containerId: string, name: string): void {
  for (const endpoint of store.endpointsOfContainer(containerId)) {
    const dnsNames = endpoint.dnsNames.map((known) => (known === endpoint.containerName ? name : known));
    store.updateEndpoint({ ...endpoint, containerName: name, dnsNames: [...new Set(dnsNames)] });
  }
}
