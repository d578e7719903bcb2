import { setTimeout as sleep } from 'node:timers/promises';
import { findLink } from '../kernel.ts';
import type { Room } from '../room.ts';
import type { StoredEndpoint } from '../store.ts';

/** Milliseconds that a kernel may take for it; a sandbox whose packets are asked for again serves better than none. */
const longest = 500;

/**
 * Waits until what was plugged in passes packets both ways. The host's end of a pair has its carrier once the far end is
 * up, yet it sends nothing before the kernel's link watcher has come round, for which a program's first packets do not
 * wait: the answers to them were lost, and had to be asked for a second later. To be asked for one link makes Linux do
 * that work at once (6.8 and later; netdev's rtnl_getlink); older kernels are asked until it has been done.
 */
export async function awaitCarrier(room: Pick<Room, 'host' | 'store' | 'drivers'>, plugged: readonly StoredEndpoint[]): Promise<void> {
  for (const endpoint of plugged) {
    const near = room.drivers.get(room.store.network(endpoint.networkId)?.driver ?? '')?.near?.(endpoint);
    const since = performance.now();
    while (near !== undefined && findLink(room.host, near)?.operational === false && performance.now() - since < longest) await sleep(1);
  }
}
