import { listLinks, parseLink, type Link } from '#kernel';
import { isNaruBridge } from '../names.ts';
import type { Room } from '../room.ts';
import { restoreForwarding } from '../networks/forwarding.ts';

/** Ends the daemon's part. With `keepDataPath` containers go on, with their bridges, rules and addresses; otherwise nothing of ours is left on the host. */
export function close(room: Room, keepDataPath: boolean): void {
  room.upkeep[Symbol.dispose]();
  try {
    if (!keepDataPath) clear(room);
  } finally {
    room.firewall[Symbol.dispose]();
    room.announcements[Symbol.dispose]();
    room.sweep[Symbol.dispose]();
    room.dns[Symbol.dispose]();
    room.ports[Symbol.dispose]();
    room.host[Symbol.dispose]();
  }
}

function clear(room: Room): void {
  room.sweep.now();
  room.store.removeEndpoints(room.store.allEndpoints());
  const before = bridges(room);
  const names = new Set(room.store.networks().map(({ interfaceName }) => interfaceName));
  for (const network of room.store.networks()) room.drivers.get(network.driver)?.remove(network);
  room.firewall.remove();
  restoreForwarding(room, before.filter(({ name }) => names.has(name)), bridges(room).filter(isNaruBridge));
}

function bridges(room: Room): Link[] {
  return room.host.netlink.query(listLinks()).flatMap((message) => parseLink(message) ?? []).filter(({ kind }) => kind === 'bridge');
}
