import type { Duplex } from 'node:stream';
import { connect } from 'node:tls';
import type { Endpoint } from './host.ts';
import type { ProxyAddress } from './proxy-address.ts';
import type { TlsOptions } from './tls-options.ts';

/** Opens a TLS connection to a tcp endpoint, through a proxy's tunnel where there is one; rejects with the socket's or the certificate check's error. */
export async function dialTls(endpoint: Extract<Endpoint, { kind: 'tcp' }>, tls: TlsOptions, proxy?: ProxyAddress): Promise<Duplex> {
  const tunnel = proxy && (await (await import('./tunnel.ts')).openTunnel(proxy, endpoint));
  return new Promise((resolve, reject) => {
    const socket = connect({
      ...(tunnel ? { socket: tunnel } : { host: endpoint.host, port: endpoint.port }),
      servername: /^[\d.]+$|:/.test(endpoint.host) ? '' : endpoint.host,
      ca: tls.ca,
      cert: tls.cert,
      key: tls.key,
      rejectUnauthorized: tls.verify,
      ALPNProtocols: ['http/1.1'],
      minVersion: 'TLSv1.2',
    });
    socket.once('error', reject);
    socket.once('secureConnect', () => {
      socket.off('error', reject);
      socket.allowHalfOpen = true;
      resolve(socket);
    });
  });
}
