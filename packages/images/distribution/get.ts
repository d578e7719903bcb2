import type { IncomingMessage } from 'node:http';
import { quote } from '#base';
import { masked, TransportError } from './failures.ts';
import { Transport } from './transport.ts';

/**
 * GET of any `address` that is a URL, redirects followed, through the daemon's proxies; not fetch, which refuses ports that browsers do
 * not like. Bytes come as the address names them, uncompressed in transfer. The caller reads or destroys the body. Throws
 * Internal in Go's words (`Get "URL": …`) when no answer comes or HTTP is
 * not what the address asks for, Cancelled when aborted.
 */
export async function httpGet(address: string, signal: AbortSignal): Promise<IncomingMessage> {
  const url = new URL(address);
  const named = /^\w+:\/\/[^/?#]*(?:[?#]|$)/.test(address) ? withoutPath(url) : undefined;
  if (!/^https?:$/.test(url.protocol)) throw new TransportError({ method: 'GET', url, named }, `unsupported protocol scheme ${quote(url.protocol.slice(0, -1))}`);
  const transport = new Transport({ verify: true }, 'naru');
  try {
    const reply = await transport.send({ method: 'GET', url, named, headers: { 'accept-encoding': 'identity' }, signal, silence: 0 });
    return reply.once('close', () => transport[Symbol.dispose]());
  } catch (error) {
    transport[Symbol.dispose]();
    throw error;
  }
}

/** Go keeps an address that has no path as it is, where URL gives it one. */
function withoutPath(url: URL): string {
  return masked(url).replace(/(?<=\/\/[^/]*)\//, '');
}
