/** The contents of a container's /etc/hosts and /etc/hostname. */
import type { Endpoint } from '#network';

const localNames: readonly (readonly [address: string, names: string])[] = [
  ['127.0.0.1', 'localhost'],
  ['::1', 'localhost ip6-localhost ip6-loopback'],
  ['fe00::0', 'ip6-localnet'],
  ['ff00::0', 'ip6-mcastprefix'],
  ['ff02::1', 'ip6-allnodes'],
  ['ff02::2', 'ip6-allrouters'],
];

export interface HostsRequest {
  readonly hostname: string;
  readonly domainname: string;
  /** `name:address`, the address may hold colons. */
  readonly extraHosts: readonly string[];
  readonly endpoints: readonly Pick<Endpoint, 'ipv4' | 'ipv6'>[];
  /** The container has IPv6 on no interface: the loopback's names and its own address of that family are left out. */
  readonly withoutIPv6?: boolean;
}

/** Local names, then `--add-host`, then the container's own name at each of its addresses. */
export function hostsFile(request: HostsRequest): string {
  const name = ownNames(request);
  const own = request.endpoints.flatMap((endpoint) => [endpoint.ipv4, request.withoutIPv6 ? undefined : endpoint.ipv6]).flatMap((at) => (at ? [[at.address, name] as const] : []));
  const local = localNames.filter(([address]) => !(request.withoutIPv6 && address.includes(':')));
  return [...local, ...request.extraHosts.map(splitExtra), ...own].map(([address, names]) => `${address}\t${names}\n`).join('');
}

/** The file with the container's name at more addresses. */
export function withAddresses(text: string, addresses: readonly string[], container: Pick<HostsRequest, 'hostname' | 'domainname'>): string {
  const lines = addresses.map((address) => `${address}\t${ownNames(container)}\n`);
  return (text === '' || text.endsWith('\n') ? text : `${text}\n`) + lines.join('');
}

/** The file without the lines of these addresses. */
export function withoutAddresses(text: string, addresses: readonly string[]): string {
  return text.split('\n').filter((line) => !addresses.includes(line.split(/\s/, 1)[0] ?? '')).join('\n');
}

/** The file with the lines that begin with `name` at another address of the same family. */
export function withNameAt(text: string, name: string, address: string): string {
  return text.split('\n').map((line) => {
    const [old = '', names = ''] = line.split('\t');
    return names.split(' ', 1)[0] === name && old.includes(':') === address.includes(':') ? `${address}\t${names}` : line;
  }).join('\n');
}

/** The file without the lines that begin with `name`. */
export function withoutName(text: string, name: string): string {
  return text.split('\n').filter((line) => line.split('\t')[1]?.split(' ', 1)[0] !== name).join('\n');
}

/** The whole name, and its first part where there are more: people give both in one, or each by itself. */
function ownNames({ hostname, domainname }: Pick<HostsRequest, 'hostname' | 'domainname'>): string {
  const whole = domainname ? `${hostname}.${domainname}` : hostname;
  return whole.includes('.') ? `${whole} ${whole.split('.', 1)[0]}` : whole;
}

/** The host's own file with `--add-host` lines behind it, for containers on the host's network. */
export function hostsFileOfHost(original: string, extraHosts: readonly string[]): string {
  const base = original === '' || original.endsWith('\n') ? original : `${original}\n`;
  return base + extraHosts.map(splitExtra).map(([address, name]) => `${address}\t${name}\n`).join('');
}

function splitExtra(entry: string): readonly [address: string, name: string] {
  const colon = entry.indexOf(':');
  return [entry.slice(colon + 1).replace(/^\[(.*)\]$/, '$1'), entry.slice(0, colon)];
}
