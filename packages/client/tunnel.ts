import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Unavailable } from '#base';
import { hostAndPort, type ProxyAddress } from './proxy-address.ts';

/**
 * Opens a connection through an HTTP proxy by CONNECT (RFC 9110, 9.3.6). Rejects with the socket's error, or with
 * Unavailable and the proxy's own words when it refuses.
 */
export async function openTunnel(proxy: ProxyAddress, target: { readonly host: string; readonly port: number }): Promise<Socket> {
  const socket = connect({ host: proxy.host, port: proxy.port, noDelay: true });
  try {
    await once(socket, 'connect');
    const authority = hostAndPort(target);
    const permission = proxy.authorization === undefined ? '' : `Proxy-Authorization: ${proxy.authorization}\r\n`;
    socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${permission}\r\n`);
    const [, code = '', reason = ''] = /^HTTP\/1\.\d (\d{3}) ?([^\r\n]*)/.exec(await headOf(socket)) ?? [];
    if (!code.startsWith('2')) throw new Unavailable(reason || code || 'the proxy does not speak HTTP');
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** The answer's head; what follows it stays to be read. */
async function headOf(socket: Socket): Promise<string> {
  let head = Buffer.alloc(0);
  while (head.length < longest) {
    const chunk = socket.read() as Buffer | null;
    if (chunk === null) {
      if (socket.readableEnded) break;
      await Promise.race([once(socket, 'readable'), once(socket, 'end')]);
      continue;
    }
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) continue;
    if (end + 4 < head.length) socket.unshift(head.subarray(end + 4));
    return head.toString('latin1', 0, end);
  }
  throw new Unavailable('the proxy hung up before it answered');
}

const longest = 64 * 1024;
