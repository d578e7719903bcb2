/** The proxy in front of an engine on tcp: HTTPS_PROXY where it speaks TLS, else HTTP_PROXY, unless NO_PROXY has the host, by the rules of Go's httpproxy. */
import { BlockList, isIP } from 'node:net';
import { parseHost, type ProxyAddress } from '#client';

/** The proxy, or undefined for none. Throws InvalidArgument for a host that is none. */
export function proxyFor(host: string, env: Readonly<Record<string, string | undefined>>, tls = false): ProxyAddress | undefined {
  const written = (tls ? env['HTTPS_PROXY'] || env['https_proxy'] : env['HTTP_PROXY'] || env['http_proxy']) || '';
  if (written === '' || !/^(?:tcp|https?):\/\//.test(host)) return undefined;
  const endpoint = parseHost(host, tls);
  if (endpoint.kind !== 'tcp' || isExcepted(endpoint.host, endpoint.port, env['NO_PROXY'] || env['no_proxy'] || '')) return undefined;
  const url = URL.parse(written.includes('://') ? written : `http://${written}`);
  return url?.protocol === 'http:' ? { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port || 80), ...authorizationOf(url) } : undefined;
}

/** The name and password in the proxy's URL, as RFC 7617 sends them. */
function authorizationOf({ username, password }: URL): Pick<ProxyAddress, 'authorization'> {
  if (username === '' && password === '') return {};
  return { authorization: `Basic ${Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64')}` };
}

function isExcepted(host: string, port: number, list: string): boolean {
  if (host === 'localhost' || host.startsWith('127.') || host === '::1') return true;
  return list.split(',').map((entry) => entry.trim().toLowerCase()).filter(Boolean).some((entry) => isFor(entry, host.toLowerCase(), port));
}

/** `*`, an address or a network, `name` with everything below it, `.name` with that alone; a port where only that is meant. */
function isFor(entry: string, host: string, port: number): boolean {
  if (entry === '*') return true;
  if (entry.includes('/')) return isIP(host) !== 0 && covers(entry, host);
  const [, name = '', only] = /^\[?(.*?)\]?(?::(\d+))?$/.exec(isIP(entry) === 6 ? `[${entry}]` : entry) ?? [];
  if (only !== undefined && Number(only) !== port) return false;
  const domain = name.replace(/^\*(?=\.)/, '');
  return domain.startsWith('.') ? host.endsWith(domain) : host === domain || (isIP(host) === 0 && host.endsWith(`.${domain}`));
}

function covers(network: string, address: string): boolean {
  const [base = '', bits] = network.split('/');
  if (isIP(base) === 0 || isIP(base) !== isIP(address)) return false;
  const list = new BlockList();
  list.addSubnet(base, Number(bits), isIP(base) === 6 ? 'ipv6' : 'ipv4');
  return list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}
