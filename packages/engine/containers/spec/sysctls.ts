/** Sysctls of a container (`--sysctl`), by when they can be written. */
import type { ContainerRecord } from '../record.ts';

export interface SplitSysctls {
  /** As its namespaces are made. */
  readonly early: Readonly<Record<string, string>>;
  /** Those that name an interface of its network, once that is there; and that IPv6 is to be on at all of them, which networks without it switch off. */
  readonly ofInterfaces: Readonly<Record<string, string>>;
}

const IPV6_SWITCH = 'net.ipv6.conf.all.disable_ipv6';

/** A container without interfaces from us (`none`, `host`, another's) has none to wait for. Made so, it may have been given others since. */
export function splitSysctls({ hostConfig: { Sysctls }, networks }: Pick<ContainerRecord, 'hostConfig' | 'networks'>): SplitSysctls {
  const waits = Object.keys(networks).some((name) => name !== 'none' && name !== 'host');
  const isLate = ([name]: [string, string]): boolean => waits && /^net\.(?:ipv4|ipv6|mpls)\.(?:conf|neigh)\.(?!(?:all|default|lo)\.)[^.]+\./.test(name);
  const all = Object.entries(Sysctls ?? {});
  const hasIPv6: Record<string, string> = waits && Sysctls?.[IPV6_SWITCH] === '0' ? { [IPV6_SWITCH]: '0' } : {};
  return { early: Object.fromEntries(all.filter((entry) => !isLate(entry))), ofInterfaces: { ...Object.fromEntries(all.filter(isLate)), ...hasIPv6 } };
}
