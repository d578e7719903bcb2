import { formatResolvConf, type ResolvConfKind } from '../dns/resolv-conf.ts';
import { findNetwork } from '../networks/find.ts';
import type { DnsOptions, NetworkRecord } from '../port.ts';
import type { Room } from '../room.ts';
import { hasDns } from './dns-names.ts';

/** What the resolv.conf of a container in these networks says. */
export function resolvConf(room: Room, networks: readonly string[], dns: DnsOptions): string {
  const records = networks.map((network) => findNetwork(room, network));
  const kind = kindOf(records);
  const host = kind === 'legacy' ? room.resolver.hostConfForOthers() : room.resolver.hostConf();
  return formatResolvConf(kind, host, dns, records.some(({ enableIPv6 }) => enableIPv6));
}

function kindOf(records: readonly NetworkRecord[]): ResolvConfKind {
  if (records.some(hasDns)) return 'internal';
  return records.some(({ driver }) => driver === 'host') ? 'host' : 'legacy';
}
