/**
 * Forwarding is the host's, not a daemon's: whoever switches it on remembers what it was, in the store, and the last
 * daemon to close puts it back. A daemon that closes before others hands what it remembers to one of them, as a remark
 * on a bridge of its.
 */
import { setLink, type Link } from '#kernel';
import type { Host } from '../kernel.ts';
import type { NetworkStore } from '../store.ts';

/** Of the room, as its own words say. */
interface Means {
  readonly host: Host;
  readonly store: NetworkStore;
  readonly forwarding: boolean;
}

const SYSCTLS = { 4: 'net/ipv4/ip_forward', 6: 'net/ipv6/conf/all/forwarding' } as const;
const REMARK = 'naru restores ';

/** Lets the host forward packets of a family, remembering what it did before, unless this daemon is to leave that alone. True where it did not before. */
export function enableForwarding({ host, store, forwarding }: Means, family: 4 | 6): boolean {
  if (!forwarding) return false;
  const name = SYSCTLS[family];
  const before = host.readSysctl(name);
  if (before !== '0') return false;
  store.setValue(`sysctl/${name}`, before);
  host.writeSysctl(name, '1');
  return true;
}

/** Puts back what this daemon or one before it found; `own` are its links before it removed them, `others` the bridges of other daemons. */
export function restoreForwarding({ host, store }: Omit<Means, 'forwarding'>, own: readonly Link[], others: readonly Link[]): void {
  const remembered = new Map(own.flatMap(({ alias }) => parseRemark(alias)));
  for (const name of Object.values(SYSCTLS)) {
    const before = store.value(`sysctl/${name}`);
    if (before !== undefined) remembered.set(name, before);
    store.setValue(`sysctl/${name}`, undefined);
  }
  const [heir] = others;
  if (heir && remembered.size > 0) host.netlink.run(setLink(heir.index, { alias: formatRemark(new Map([...remembered, ...parseRemark(heir.alias)])) }));
  if (!heir) for (const [name, value] of remembered) host.writeSysctl(name, value);
}

function formatRemark(values: ReadonlyMap<string, string>): string {
  return REMARK + [...values].map(([name, value]) => `${name}=${value}`).join(' ');
}

/** Only what a daemon of ours can have written. */
function parseRemark(alias: string): [string, string][] {
  if (!alias.startsWith(REMARK)) return [];
  return alias.slice(REMARK.length).split(' ').flatMap((pair): [string, string][] => {
    const [name = '', value = ''] = pair.split('=');
    return Object.values<string>(SYSCTLS).includes(name) && value === '0' ? [[name, value]] : [];
  });
}
