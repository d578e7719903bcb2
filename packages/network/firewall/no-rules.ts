/**
 * A daemon that lays no packet rules (`--iptables=false`): networks are bridges and routes alone, nothing is masqueraded
 * or filtered, and published ports are relayed by the daemon itself (`ports/relay.ts`).
 */
import { messageOf } from '#base';
import type { Host } from '../kernel.ts';
import type { InstanceNames } from '../names.ts';
import type { PacketRules } from './firewall.ts';
import { removeGuard } from './guard.ts';
import { removeTableText } from './ruleset.ts';

/** Rules that an earlier daemon of the same roots left are taken away once. */
export function noRules(host: Host, names: InstanceNames, warn: (message: string) => void): PacketRules {
  return {
    lay: () => {
      try {
        if (host.nftablesFault === undefined) host.nftables.run(removeTableText(names.table));
        removeGuard(host, names);
      } catch (error) {
        warn(`rules of an earlier daemon: ${messageOf(error)}`);
      }
    },
    watch: () => {},
    addNetwork: () => {},
    removeNetwork: () => {},
    open: () => {},
    close: () => {},
    closeLinks: () => {},
    remove: () => {},
    [Symbol.dispose]: () => {},
  };
}
