import type { DnsOptions } from '../port.ts';
import type { NetworkStore } from '../store.ts';

const none: DnsOptions = { servers: [], search: [], options: [] };

/** Keeps what a container's resolver was told, for a daemon that comes after this one; the common case needs no row. */
export function rememberDns(store: NetworkStore, containerId: string, dns: DnsOptions): void {
  if (dns.servers.length + dns.search.length + dns.options.length > 0) store.setValue(`dns/${containerId}`, JSON.stringify(dns));
}

export function recallDns(store: NetworkStore, containerId: string): DnsOptions {
  const text = store.value(`dns/${containerId}`);
  return text === undefined ? none : (JSON.parse(text) as DnsOptions);
}

export function forgetDns(store: NetworkStore, containerId: string): void {
  store.setValue(`dns/${containerId}`, undefined);
}
