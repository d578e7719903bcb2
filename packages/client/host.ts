/**
 * Where an engine listens, as people write it: `unix:///run/naru/naru.sock`, `tcp://10.0.0.5:2376`,
 * `ssh://user@host`. The forms and defaults are those of the docker command's `-H`.
 */
import { InvalidArgument } from '#base';
import { parseSshUrl, type SshUrl } from './ssh-url.ts';

/** A parsed host: what to dial. */
export type Endpoint =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number; readonly prefix: string }
  | ({ readonly kind: 'ssh' } & SshUrl);

const plainPort = 2375;
const tlsPort = 2376;

/** Parses a `-H` value or `DOCKER_HOST`. `tls` chooses the default port of tcp. Throws InvalidArgument in Docker's words. */
export function parseHost(text: string, tls = false): Endpoint {
  const trimmed = text.trim();
  const at = trimmed.indexOf('://');
  const scheme = at < 0 ? 'tcp' : trimmed.slice(0, at);
  const rest = at < 0 ? trimmed : trimmed.slice(at + 3);
  if (scheme === 'ssh' && at >= 0) return { kind: 'ssh', ...parseSshUrl(trimmed) };
  if (rest === '' && scheme !== 'unix') throw new InvalidArgument(`unable to parse docker host \`${text}\``);
  if (scheme === 'unix') return { kind: 'unix', path: rest === '' ? '/var/run/docker.sock' : rest };
  if (scheme === 'tcp' || scheme === 'http' || scheme === 'https') return tcpEndpoint(text, rest, tls || scheme === 'https');
  if (scheme === 'npipe') throw new InvalidArgument('protocol not available');
  throw new InvalidArgument(`invalid bind address format: ${text}`);
}

function tcpEndpoint(text: string, rest: string, tls: boolean): Endpoint {
  const url = URL.parse(`http://${rest}`);
  if (!url || url.username !== '') throw new InvalidArgument(`invalid bind address format: ${text}`);
  const written = /:(\d+)(?:\/|$)/.exec(rest.slice(rest.lastIndexOf(']') + 1))?.[1];
  const host = url.hostname.replace(/^\[|\]$/g, '') || 'localhost';
  return { kind: 'tcp', host, port: Number(written ?? (tls ? tlsPort : plainPort)), prefix: url.pathname.replace(/\/$/, '') };
}
