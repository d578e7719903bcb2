import { lookup } from 'node:dns/promises';
import { readdirSync, readFileSync } from 'node:fs';
import { BlockList, isIP } from 'node:net';
import { join } from 'node:path';
import { getCACertificates } from 'node:tls';
import { InvalidArgument, tolerating } from '#base';
import type { TlsIdentity } from './transport.ts';

/** How this daemon reaches registries. */
export interface RegistryPolicy {
  /** Base URLs asked before Docker Hub for its images (`--registry-mirror`). */
  readonly mirrors?: readonly string[];
  /** `host[:port]` or CIDR: http and any certificate will do (`--insecure-registry`). 127.0.0.0/8 and localhost always are. */
  readonly insecure?: readonly string[];
  /** Holds `HOST/*.crt` (authorities), `HOST/*.cert` with `*.key` (client certificates). */
  readonly certsDir?: string;
}

/** One address to try for a registry. */
export interface Endpoint {
  readonly url: URL;
  readonly mirror: boolean;
  readonly tls: TlsIdentity;
}

const hubHost = 'registry-1.docker.io';

/**
 * The addresses of the registry that `domain` names, in the order to try them: for Docker Hub its mirrors and then its
 * real host; https always, http after it where the policy lets it be insecure. `addresses`: what the name stands for.
 */
export function endpointsOf(domain: string, policy: RegistryPolicy, addresses: readonly string[] = []): Endpoint[] {
  if (domain !== 'docker.io') return registryEndpoints(domain, policy, addresses);
  const mirrors = (policy.mirrors ?? []).map(parseMirror).map((url) => ({ url, mirror: true, tls: tlsOf(url.host, policy) }));
  return [...mirrors, { url: new URL(`https://${hubHost}/`), mirror: false, tls: tlsOf(hubHost, policy) }];
}

/** The addresses that a registry's name stands for; none where it is an address itself, or nobody knows it. */
export async function addressesOf(domain: string): Promise<string[]> {
  const host = hostOf(domain);
  if (domain === 'docker.io' || host === 'localhost' || isIP(host) !== 0) return [];
  try {
    return (await lookup(host, { all: true })).map(({ address }) => address);
  } catch {
    return []; // that it is not to be found is told when it is asked for something
  }
}

/** Checks a mirror's URL as the daemon does at start; throws InvalidArgument. */
export function parseMirror(text: string): URL {
  const url = URL.parse(text);
  if (!url || !['http:', 'https:'].includes(url.protocol)) {
    throw new InvalidArgument(`invalid mirror: unsupported scheme "${url?.protocol.slice(0, -1) ?? ''}" in "${text}"`);
  }
  if (url.search || url.hash) throw new InvalidArgument(`invalid mirror: query or fragment at end of the URI "${text}"`);
  if (url.username) throw new InvalidArgument(`invalid mirror: username/password not allowed in URI "${url.origin}"`);
  return new URL(url.href.endsWith('/') ? url.href : `${url.href}/`);
}

/** True when `domain` (host with an optional port), or one of the addresses that it stands for, may be spoken to without a good certificate. */
export function isInsecure(domain: string, policy: RegistryPolicy, addresses: readonly string[] = []): boolean {
  const host = hostOf(domain);
  const listed = policy.insecure ?? [];
  if (host === 'localhost' || listed.includes(domain) || listed.includes(host)) return true;
  const networks = networksOf(['127.0.0.0/8', '::1/128', ...listed]);
  return [host, ...addresses].some((address) => isIP(address) !== 0 && networks.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4'));
}

/** Without the port, and an IPv6 address without its brackets. */
function hostOf(domain: string): string {
  return domain.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
}

function registryEndpoints(domain: string, policy: RegistryPolicy, addresses: readonly string[]): Endpoint[] {
  const tls = tlsOf(domain, policy, addresses);
  const schemes = tls.verify ? ['https'] : ['https', 'http'];
  return schemes.map((scheme) => ({ url: new URL(`${scheme}://${domain}/`), mirror: false, tls }));
}

function networksOf(entries: readonly string[]): BlockList {
  const list = new BlockList();
  for (const entry of entries) {
    const [address = '', prefix] = entry.split('/');
    if (prefix !== undefined && isIP(address)) list.addSubnet(address, Number(prefix), isIP(address) === 6 ? 'ipv6' : 'ipv4');
  }
  return list;
}

/** Reads the certificates of one host; no directory is the usual case. */
function tlsOf(domain: string, policy: RegistryPolicy, addresses: readonly string[] = []): TlsIdentity {
  const verify = !isInsecure(domain, policy, addresses);
  const directory = join(policy.certsDir ?? '/etc/docker/certs.d', domain);
  const names = namesIn(directory);
  const read = (name: string): string => readFileSync(join(directory, name), 'utf8');
  const authorities = names.filter((name) => name.endsWith('.crt')).map(read);
  const certificate = names.find((name) => name.endsWith('.cert'));
  const client = certificate === undefined ? {} : { cert: read(certificate), key: read(certificate.replace(/\.cert$/, '.key')) };
  const ca = authorities.length > 0 ? { ca: [...getCACertificates('default'), ...getCACertificates('system'), ...authorities] } : {};
  return { verify, ...ca, ...client };
}

function namesIn(directory: string): string[] {
  return tolerating(['ENOENT'], [], () => readdirSync(directory));
}
