import { HOST_RESOLV_CONF } from '../dns/resolver.ts';
import { formatResolvConf, type ResolvConfKind } from '../dns/resolv-conf.ts';
import { findNetwork } from '../networks/find.ts';
import type { DnsOptions } from '../port.ts';
import type { Room } from '../room.ts';
import { hasDns } from './dns-names.ts';

/** What the resolv.conf of a container in these networks says. */
export function resolvConf(room: Room, networks: readonly string[], dns: DnsOptions): string {
  return formatResolvConf(kindOf(room, networks), room.resolver.hostConf(), dns, HOST_RESOLV_CONF);
}

function kindOf(room: Room, networks: readonly string[]): ResolvConfKind {
  const records = networks.map((network) => findNetwork(room, network));
  if (records.some(hasDns)) return 'internal';
  return records.some(({ driver }) => driver === 'host') ? 'host' : 'legacy';
}
