import { forgetDns } from '../dns/remember.ts';
import type { Room } from '../room.ts';
import { settle } from './unsettled.ts';

/**
 * Closes the ports of a container, frees its addresses and forgets its endpoints. Its interfaces go with its namespace;
 * what then is still there, because another process holds the namespace, the sweep takes away.
 */
export function release(room: Room, containerId: string): void {
  room.dns.close(containerId);
  forgetDns(room.store, containerId);
  settle(room.store, containerId);
  const endpoints = room.store.endpointsOfContainer(containerId);
  if (endpoints.length === 0) return;
  room.store.removeEndpoints(endpoints);
  for (const { id } of endpoints) {
    room.ports.release(id);
    room.announcements.forget(id);
  }
  room.sweep.expectGone(endpoints.map(({ id }) => id));
  room.firewall.close(endpoints.filter(({ interfaceName }) => interfaceName !== undefined));
}
