/**
 * Connections over IPv6 that the kernel cannot translate: those to a container without an IPv6 address, and those from
 * the host's own ::1, which may not leave the loopback. They end at the socket that holds the port, and go on from
 * there to the container's address.
 */
import { connect, createServer, type Socket } from 'node:net';
import type { HeldPort } from '#kernel';

/** Serves a held, listening port; disposing of the result closes the port and every connection through it. */
export function relayTcp(held: HeldPort, target: { readonly host: string; readonly port: number }): HeldPort {
  if (held.fd < 0) return held;
  const connections = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ ...target, allowHalfOpen: true });
    for (const [socket, other] of [[client, upstream], [upstream, client]] as const) {
      connections.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => connections.delete(socket));
    }
    client.pipe(upstream);
    upstream.pipe(client);
  });
  // A port that can no longer be served stays held: other programs' EADDRINUSE is its first duty.
  server.on('error', () => {});
  server.listen({ fd: held.fd });
  const close = (): void => {
    server.close();
    for (const connection of connections) connection.destroy();
  };
  return { fd: held.fd, [Symbol.dispose]: close };
}
