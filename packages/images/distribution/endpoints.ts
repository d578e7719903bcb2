import { readdirSync, readFileSync } from 'node:fs';
import { BlockList, isIP } from 'node:net';
import { join } from 'node:path';
import { getCACertificates } from 'node:tls';
import { InvalidArgument, errnoOf } from '#base';
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
 * real host; https always, http after it where the policy lets it be insecure.
 */
export function endpointsOf(domain: string, policy: RegistryPolicy): Endpoint[] {
  if (domain !== 'docker.io') return registryEndpoints(domain, policy, false);
  const mirrors = (policy.mirrors ?? []).map(parseMirror).map((url) => ({ url, mirror: true, tls: tlsOf(url.host, policy) }));
  return [...mirrors, { url: new URL(`https://${hubHost}/`), mirror: false, tls: tlsOf(hubHost, policy) }];
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

/** True when `domain` (host with an optional port) may be spoken to without a good certificate. */
export function isInsecure(domain: string, policy: RegistryPolicy): boolean {
  const host = domain.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  const listed = policy.insecure ?? [];
  if (host === 'localhost' || listed.includes(domain) || listed.includes(host)) return true;
  const family = isIP(host) === 6 ? 'ipv6' : 'ipv4';
  return isIP(host) !== 0 && networksOf(['127.0.0.0/8', '::1/128', ...listed]).check(host, family);
}

function registryEndpoints(domain: string, policy: RegistryPolicy, mirror: boolean): Endpoint[] {
  const tls = tlsOf(domain, policy);
  const schemes = tls.verify ? ['https'] : ['https', 'http'];
  return schemes.map((scheme) => ({ url: new URL(`${scheme}://${domain}/`), mirror, tls }));
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
function tlsOf(domain: string, policy: RegistryPolicy): TlsIdentity {
  const verify = !isInsecure(domain, policy);
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
  try {
    return readdirSync(directory);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
}
