/**
 * Opens connections to an engine: a unix socket, tcp with or without TLS, or `docker system dial-stdio` over ssh.
 * Every connection stays half-open when the far side ends, since attach and exec close one direction at a time.
 */
import { connect as connectNet } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Endpoint } from './host.ts';
import type { ProxyAddress } from './proxy-address.ts';
import type { TlsOptions } from './tls-options.ts';

/** Opens one connection, that with TLS through `proxy`; rejects with Node's system error (`ENOENT`, `ECONNREFUSED`, `EACCES` …). */
export async function dial(endpoint: Endpoint, tls?: TlsOptions, proxy?: ProxyAddress): Promise<Duplex> {
  if (endpoint.kind === 'ssh') return (await import('./dial-ssh.ts')).dialSsh(endpoint);
  if (endpoint.kind === 'tcp' && tls) return (await import('./dial-tls.ts')).dialTls(endpoint, tls, proxy);
  const target = endpoint.kind === 'unix' ? { path: endpoint.path } : { host: endpoint.host, port: endpoint.port, noDelay: true };
  return new Promise((resolve, reject) => {
    const socket = connectNet({ ...target, allowHalfOpen: true });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}
