import type { DnsOptions } from '../port.ts';
import type { NetworkStore } from '../store.ts';

const PREFIX = 'dns/';
const none: DnsOptions = { servers: [], search: [], options: [] };

/** Keeps what a container's resolver was told, for a daemon that comes after this one; the common case needs no row. */
export function rememberDns(store: NetworkStore, containerId: string, dns: DnsOptions): void {
  if (dns.servers.length + dns.search.length + dns.options.length > 0) store.setValue(`${PREFIX}${containerId}`, JSON.stringify(dns));
}

export function recallDns(store: NetworkStore, containerId: string): DnsOptions {
  const text = store.value(`${PREFIX}${containerId}`);
  return text === undefined ? none : (JSON.parse(text) as DnsOptions);
}

export function forgetDns(store: NetworkStore, containerId: string): void {
  store.setValue(`${PREFIX}${containerId}`, undefined);
}

/** The containers of which something is kept. */
export function rememberedDns(store: NetworkStore): string[] {
  return store.keysAfter(PREFIX);
}
