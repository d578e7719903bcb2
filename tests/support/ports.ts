/** Ports of the host for a test's own use. */
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * A TCP port that nobody has on any address, over both families. It lies below those that the kernel gives to outgoing
 * connections (ip_local_port_range), one of which could take it before the test does.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 8000);
    if ((await isFree(port, '0.0.0.0')) && (await isFree(port, '::'))) return port;
  }
}

/** Two different ones. */
export async function twoFreePorts(): Promise<[number, number]> {
  const first = await freePort();
  for (;;) {
    const second = await freePort();
    if (second !== first) return [first, second];
  }
}

async function isFree(port: number, host: string): Promise<boolean> {
  const server = createServer();
  const outcome = once(server, 'listening').then(() => true, (error: NodeJS.ErrnoException) => error.code === 'EAFNOSUPPORT' || error.code === 'EADDRNOTAVAIL');
  server.listen({ port, host, ipv6Only: host === '::' });
  const free = await outcome;
  if (server.listening) await new Promise((closed) => server.close(closed));
  return free;
}
