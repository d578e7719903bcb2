/**
 * The host as this room sees it: netlink, nftables, sysctls, ports, and the way into a container's namespace. The real
 * one is `openHost`; tests without root use `recordHost`.
 */
import { closeSync, openSync, readFileSync } from 'node:fs';
import { Unavailable } from '#base';
import { deleteLink, getLink, holdPort, inNamespaceFile, inNetworkNamespace, NetlinkError, nftablesMissing, openAnnouncer, openBound, openConnecting, openConntrack, openNetfilter, openNetlink, openNetlinkThread, openNftables, ownNetworkFile, parseLink, watchLinks, watchLosses, watchRuleset, type Announced, type Announcer, type HeldPort, type HostPort, type Link, type NamespaceRef, type Netlink, type NetlinkRequest, type NetlinkThread, type Nftables } from '#kernel';
import { OwnSysctls } from './own-sysctls.ts';
import { changeSysctl, exchangeSysctl, readSysctl, watchSysctl, writeSysctl } from './sysctls.ts';

export interface Host extends Disposable {
  /** The host's own links, addresses and routes. */
  readonly netlink: Netlink;
  /** The same for links, in a thread: making one waits for whoever changes others. */
  readonly links: NetlinkThread;
  /** Names of the host's links, all at once and without the kernel's lock for them. */
  linkNames(): ReadonlySet<string>;
  /** Throws Unavailable, naming the package, where libnftables is missing. */
  readonly nftables: Nftables;
  /** Quick transactions on tables that are there. */
  readonly netfilter: Netlink;
  /** The flows that the kernel remembers. */
  readonly conntrack: Netlink;
  /** Why there is no nftables; undefined when there is. */
  readonly nftablesFault: string | undefined;
  /** Calls `changed` after every transaction of anybody on this host's ruleset, with its generation; undefined when some were missed. */
  watchRuleset(changed: (generation: number | undefined) => void): Disposable;
  /** Calls `changed` when one of the host's links with these indexes is changed or removed, by whomever. */
  watchLinks(indexes: readonly number[], changed: () => void): Disposable;
  /** Calls `lost` when something of the host's network is taken away that is no part of a container's life: see the kernel's own. */
  watchLosses(lost: () => void): Disposable;
  /** Calls `written` when anybody writes a sysctl of this daemon's own namespace, as far as it is seen by this one's /proc. */
  watchSysctl(name: string, written: () => void): Disposable;
  /** Runs synchronous work inside the network namespace of `pid`, with sysctls and netlink of that namespace. */
  inSandbox<T>(pid: number, work: (netlink: Netlink) => T): T;
  /** Keeps the network namespace of `pid` there after its last process has ended, until it is disposed of. */
  holdSandbox(pid: number): HeldSandbox;
  /** The value of a sysctl named as a path below /proc/sys ("net/ipv4/ip_forward"); undefined when the kernel has none. */
  readSysctl(name: string): string | undefined;
  /** As `readSysctl`, of this daemon's own namespace, which is not being left: quick where it is asked again and again. */
  readOwnSysctl(name: string): string | undefined;
  /** Sets a sysctl of the current namespace unless it has that value; one the kernel lacks is passed over. */
  writeSysctl(name: string, value: string): void;
  /** Sets a sysctl of the current namespace and gives what it was; undefined when the kernel has none. */
  exchangeSysctl(name: string, value: string): string | undefined;
  /** Sets a sysctl of the namespace of `pid` until it is disposed of, which puts back what it was; undefined when the kernel has none. */
  changeSysctlInside(pid: number, name: string, value: string): Disposable | undefined;
  /** `served`: what comes to the port will be read. */
  hold(port: HostPort, options?: { readonly served?: boolean }): HeldPort;
  /** A non-blocking socket bound inside the namespace of `pid` (port 0: any), in which thousands of datagrams may wait; the caller closes the descriptor. */
  openInside(pid: number, port: HostPort): number;
  /** A TCP socket that connects from inside the namespace of `pid`; the caller closes the descriptor. */
  connectInside(pid: number, to: Pick<HostPort, 'address' | 'port'>): number;
  /** What tells neighbours of an address, from inside the namespace that is being visited. */
  openAnnouncer(announced: Announced): Announcer;
  /** One nftables transaction inside the namespace of `pid`. */
  filterInside(pid: number, requests: readonly NetlinkRequest[]): void;
}

export interface HeldSandbox extends Disposable {
  /** Runs synchronous work inside; `home` is this daemon's own namespace, for links that are moved there. */
  run<T>(work: (netlink: Netlink, home: NamespaceRef) => T): T;
}

export function openHost(): Host {
  const netlink = openNetlink();
  const links = openNetlinkThread();
  const netfilter = openNetfilter();
  const conntrack = openConntrack();
  const nftables = tryNftables();
  const sysctls = new OwnSysctls();
  return {
    netlink,
    links,
    linkNames,
    netfilter,
    conntrack,
    get nftables() {
      if (nftables) return nftables;
      throw new Unavailable(nftablesMissing);
    },
    nftablesFault: nftables ? undefined : nftablesMissing,
    watchRuleset,
    watchLinks,
    watchLosses,
    watchSysctl,
    inSandbox: (pid, work) =>
      inNetworkNamespace(pid, () => {
        using inside = openNetlink();
        return work(inside);
      }),
    holdSandbox,
    readSysctl,
    readOwnSysctl: (name) => sysctls.read(name),
    writeSysctl,
    exchangeSysctl,
    changeSysctlInside: (pid, name, value) => inNetworkNamespace(pid, () => changeSysctl(name, value)),
    hold: holdPort,
    openInside: (pid, port) => inNetworkNamespace(pid, () => openBound(port, { flooded: true })),
    connectInside: (pid, to) => inNetworkNamespace(pid, () => openConnecting(to)),
    openAnnouncer,
    filterInside: (pid, requests) =>
      inNetworkNamespace(pid, () => {
        using inside = openNetfilter();
        inside.run(...requests);
      }),
    [Symbol.dispose]: () => {
      netlink[Symbol.dispose]();
      links[Symbol.dispose]();
      netfilter[Symbol.dispose]();
      conntrack[Symbol.dispose]();
      nftables?.[Symbol.dispose]();
      sysctls[Symbol.dispose]();
    },
  };
}

/** The link of that name on the host; undefined when there is none. */
export function findLink(host: Pick<Host, 'netlink'>, name: string): Link | undefined {
  try {
    const [answer] = host.netlink.query(getLink(name));
    return answer && parseLink(answer);
  } catch (error) {
    if (error instanceof NetlinkError && error.code === 'ENODEV') return undefined;
    throw error;
  }
}

/** Removes a link by its index or name; one that the kernel removed first, with its namespace, is fine. */
export function removeLink(host: Pick<Host, 'netlink'>, link: Pick<Link, 'index'> | Pick<Link, 'name'>): void {
  try {
    host.netlink.run(deleteLink('index' in link ? link.index : link.name));
  } catch (error) {
    throwUnlessGone(error);
  }
}

/** The same in a thread. */
export async function removeLinkLater({ links }: Pick<Host, 'links'>, name: string): Promise<void> {
  await links.run(deleteLink(name)).catch(throwUnlessGone);
}

function throwUnlessGone(error: unknown): void {
  if (!(error instanceof NetlinkError && error.code === 'ENODEV')) throw error;
}

function holdSandbox(pid: number): HeldSandbox {
  const there = openSync(`/proc/${pid}/ns/net`, 'r');
  return {
    run: (work) => {
      const home = openSync(ownNetworkFile(), 'r');
      try {
        return inNamespaceFile(`/proc/self/fd/${there}`, () => {
          using inside = openNetlink();
          return work(inside, { fd: home });
        });
      } finally {
        closeSync(home);
      }
    },
    [Symbol.dispose]: () => closeSync(there),
  };
}

/** /proc reads them under RCU alone, where rtnetlink waits for whoever changes links (dev_seq_start). */
function linkNames(): Set<string> {
  const rows = readFileSync('/proc/thread-self/net/dev', 'utf8').trimEnd().split('\n').slice(2);
  return new Set(rows.map((row) => row.slice(0, row.lastIndexOf(':')).trim()));
}

function tryNftables(): Nftables | undefined {
  try {
    return openNftables();
  } catch (error) {
    if (error instanceof Unavailable) return undefined;
    throw error;
  }
}
