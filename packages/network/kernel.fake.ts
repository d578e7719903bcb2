import { openBound, openConnecting, recordNetlink, recordNftables, SystemError, type HostPort, type Nftables } from '#kernel';
import type { Host } from './kernel.ts';

export interface RecordedHost extends Host {
  /** Everything asked of the host, in order, one line each. */
  readonly journal: string[];
  readonly nftables: Nftables & { readonly transactions: string[] };
  readonly sysctls: Map<string, string>;
  /** Links there are now, as far as they are asked for by name. */
  readonly names: Set<string>;
  /** Addresses of which neighbours are being told now. */
  readonly announcing: Set<string>;
  /** Ports held now, as `tcp 0.0.0.0:80`; add one to have it taken by somebody else. */
  readonly ports: Set<string>;
}

/** A host that writes everything down; `EADDRINUSE` is 98 on Linux. */
export function recordHost(): RecordedHost {
  const journal: string[] = [];
  const ports = new Set<string>();
  const names = new Set<string>();
  const announcing = new Set<string>();
  const sysctls = new Map([['net/ipv4/ip_forward', '0'], ['net/ipv4/ip_local_port_range', '32768\t60999'], ['net/ipv6/conf/all/disable_ipv6', '0'], ['net/ipv6/conf/default/disable_ipv6', '0'], ['net/ipv6/conf/all/forwarding', '0']]);
  const netlink = (where: string) => {
    const recorded = recordNetlink();
    return { ...recorded, run: (...asked: Parameters<typeof recorded.run>) => void asked.forEach(({ about }) => journal.push(`${where}: ${about}`)) };
  };
  const host = netlink('host');
  const hold = (port: HostPort) => {
    const key = `${port.protocol} ${port.address}:${port.port}`;
    if (ports.has(key)) throw new SystemError('bind', 98, key);
    ports.add(key);
    return { fd: -1, [Symbol.dispose]: () => void ports.delete(key) };
  };
  return {
    journal,
    names,
    announcing,
    ports,
    sysctls,
    linkNames: () => names,
    netlink: host,
    links: { run: async (...asked) => host.run(...asked), [Symbol.dispose]: () => {} },
    netfilter: netlink('netfilter'),
    conntrack: netlink('conntrack'),
    nftables: recordNftables(),
    nftablesFault: undefined,
    watchRuleset: () => ({ [Symbol.dispose]: () => {} }),
    watchLinks: () => ({ [Symbol.dispose]: () => {} }),
    watchLosses: () => ({ [Symbol.dispose]: () => {} }),
    watchSysctl: () => ({ [Symbol.dispose]: () => {} }),
    inSandbox: (pid, work) => work(netlink(`sandbox ${pid}`)),
    holdSandbox: (pid) => ({ run: (work) => work(netlink(`held sandbox ${pid}`), { fd: -1 }), [Symbol.dispose]: () => void journal.push(`let go of sandbox ${pid}`) }),
    readSysctl: (name) => sysctls.get(name),
    readOwnSysctl: (name) => sysctls.get(name),
    writeSysctl: (name, value) => void (sysctls.set(name, value), journal.push(`sysctl ${name}=${value}`)),
    exchangeSysctl: (name, value) => {
      const old = sysctls.get(name);
      sysctls.set(name, value);
      journal.push(`sysctl ${name}=${value}`);
      return old;
    },
    changeSysctlInside: (_pid, name, value) => {
      const old = sysctls.get(name) ?? '';
      const set = (text: string) => void (sysctls.set(name, text), journal.push(`sysctl ${name}=${text}`));
      set(value);
      return { [Symbol.dispose]: () => set(old) };
    },
    hold,
    openInside: (_pid, port) => openBound(port, { served: true }),
    connectInside: (_pid, to) => openConnecting(to),
    openAnnouncer: ({ mac, ipv4, ipv6 }) => {
      const what = [ipv4, ipv6].filter(Boolean).join(' and ');
      announcing.add(what);
      return { send: () => void journal.push(`announce ${what} at ${mac}`), [Symbol.dispose]: () => void announcing.delete(what) };
    },
    filterInside: (pid, requests) => requests.forEach(({ about }) => journal.push(`netfilter in sandbox ${pid}: ${about}`)),
    [Symbol.dispose]: () => {},
  };
}
