/** Receivers of logs for tests: sockets that keep what they are sent. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { listenDatagram } from '#kernel';
import { until } from './command.ts';

export interface Receiver extends AsyncDisposable {
  /** `host:port`, or the path. */
  readonly address: string;
  /** Whatever has come so far: datagrams one by one, a stream in pieces. */
  readonly received: Buffer[];
  /** Waits until `found` has a result for what has come. */
  wait<T>(found: (received: readonly Buffer[]) => T | undefined): Promise<T>;
}

function waiting(received: Buffer[]): Pick<Receiver, 'received' | 'wait'> {
  return {
    received,
    async wait<T>(found: (received: readonly Buffer[]) => T | undefined) {
      let result: T | undefined;
      await until('the receiver has it', async () => (result = found(received)) !== undefined);
      return result as T;
    },
  };
}

export async function udpReceiver(): Promise<Receiver> {
  const received: Buffer[] = [];
  const socket = createSocket('udp4', (message) => received.push(message));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return { address: `127.0.0.1:${socket.address().port}`, ...waiting(received), [Symbol.asyncDispose]: async () => void socket.close() };
}

/** `target` is a port of 127.0.0.1 (0 for any) or a path; `answer` replies to what comes. */
export async function streamReceiver(target: number | string = 0, options: { tls?: TlsOptions; answer?: (bytes: Buffer, socket: Socket) => void } = {}): Promise<Receiver> {
  const received: Buffer[] = [];
  const sockets = new Set<Socket>();
  const accept = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('data', (bytes: Buffer) => {
      received.push(bytes);
      options.answer?.(bytes, socket);
    });
  };
  const server: Server = options.tls ? createTlsServer(options.tls, accept) : createServer(accept);
  if (typeof target === 'string') server.listen(target);
  else server.listen(target, '127.0.0.1');
  await once(server, 'listening');
  const address = typeof target === 'string' ? target : `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    address,
    ...waiting(received),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A unix datagram socket, as the journal's and /dev/log's are. */
export function unixDatagramReceiver(path: string): Receiver {
  const socket = listenDatagram(path);
  const received: Buffer[] = [];
  const timer = setInterval(() => {
    for (let message = socket.receive(); message; message = socket.receive()) received.push(message);
  }, 10);
  return {
    address: path,
    ...waiting(received),
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      socket[Symbol.dispose]();
    },
  };
}
