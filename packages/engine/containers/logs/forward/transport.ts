/** `proto://…` of a receiver's address. */

const schemes = /^(tcp|tcp\+tls|tls|udp|unix|unixgram):\/\//;

/** False for what has none of the schemes that receivers are reached by. */
export function isTransportUrl(address: string): boolean {
  return schemes.test(address);
}

/** `udp://host:1234` apart; `port` is '' where none is named. Undefined for what is malformed. */
export function splitTransport(address: string): { protocol: string; host: string; port: string; path: string } | undefined {
  const [, protocol = '', rest = ''] = /^([a-z+]+):\/\/(.*)$/s.exec(address) ?? [];
  if (protocol === 'unix' || protocol === 'unixgram') return { protocol, host: '', port: '', path: rest };
  const authority = rest.split('/')[0] ?? '';
  const parts = /^(?:\[([^\]]+)\]|([^:]*))(?::(\d*))?$/.exec(authority);
  if (!parts || Number(parts[3] ?? 0) > 65_535) return undefined;
  return { protocol, host: parts[1] ?? parts[2] ?? '', port: parts[3] ?? '', path: '' };
}
