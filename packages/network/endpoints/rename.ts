import type { Room } from '../room.ts';

/** Gives a container's endpoints its new name, in answers and in reverse. */
export function rename({ store }: Room, containerId: string, name: string): void {
  store.updateEndpoints(store.endpointsOfContainer(containerId).map((endpoint) => {
    const dnsNames = endpoint.dnsNames.map((known) => (known === endpoint.containerName ? name : known));
    return { ...endpoint, containerName: name, dnsNames: [...new Set(dnsNames)] };
  }));
}
