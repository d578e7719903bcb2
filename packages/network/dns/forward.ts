/** Passes questions on to other resolvers, over the transport the client used; truncated answers go back as they are. */
import { randomInt } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { connect, type Socket as Connection } from 'node:net';
import { frame, unframe } from './framing.ts';
import { parseResponse, type Query } from './message.ts';

export type Transport = 'udp' | 'tcp';

/** A resolver to ask. `inside` makes the sockets elsewhere than in the host's network: in a container's own. */
export interface Upstream {
  readonly address: string;
  /** 53 unless told. */
  readonly port?: number;
  readonly inside?: { readonly udp: () => Socket; readonly tcp: () => Connection };
}

const TIMEOUT_MS = 4000;
const PORT = 53;
const REFUSALS = new Set([2, 4, 5]);

/** The first usable response of the resolvers, asked in order; undefined when none answers. A refusal is used only when nobody does better. */
export async function forward(query: Query, upstreams: readonly Upstream[], transport: Transport, timeoutMs = TIMEOUT_MS): Promise<Buffer | undefined> {
  let refusal: Buffer | undefined;
  for (const upstream of upstreams) {
    const response = await ask(query, upstream, transport, timeoutMs).catch(() => undefined);
    if (!response) continue;
    if (!REFUSALS.has(response.readUInt16BE(2) & 0xf)) return response;
    refusal ??= response;
  }
  return refusal;
}

/** One question to one resolver under an id of our own; undefined after a timeout or an error. The response has the client's id. */
async function ask(query: Query, upstream: Upstream, transport: Transport, timeoutMs: number): Promise<Buffer | undefined> {
  const question = Buffer.from(query.bytes);
  question.writeUInt16BE(randomInt(0x10000), 0);
  const response = await (transport === 'udp' ? askUdp(query, question, upstream, timeoutMs) : askTcp(query, question, upstream, timeoutMs));
  response?.writeUInt16BE(query.id, 0);
  return response;
}

function askUdp(query: Query, question: Buffer, { address, port = PORT, inside }: Upstream, timeoutMs: number): Promise<Buffer | undefined> {
  const socket = inside?.udp() ?? createSocket(address.includes(':') ? 'udp6' : 'udp4');
  const { promise, resolve } = Promise.withResolvers<Buffer | undefined>();
  const timer = setTimeout(() => resolve(undefined), timeoutMs);
  socket.on('error', () => resolve(undefined));
  socket.on('message', (bytes) => {
    if (answers(bytes, question, query)) resolve(bytes);
  });
  // Connected, the socket takes nothing from anybody else, and a closed port is an error at once.
  socket.connect(port, address, (error?: Error) => (error ? resolve(undefined) : socket.send(question)));
  return promise.finally(() => {
    clearTimeout(timer);
    socket.close();
  });
}

function askTcp(query: Query, question: Buffer, { address, port = PORT, inside }: Upstream, timeoutMs: number): Promise<Buffer | undefined> {
  const socket = inside?.tcp() ?? connect({ host: address, port });
  const { promise, resolve } = Promise.withResolvers<Buffer | undefined>();
  socket.setTimeout(timeoutMs, () => resolve(undefined));
  socket.on('error', () => resolve(undefined));
  socket.on('close', () => resolve(undefined));
  socket.on('data', unframe((bytes) => {
    if (answers(bytes, question, query)) resolve(bytes);
  }));
  socket.write(frame(question));
  return promise.finally(() => socket.destroy());
}

function answers(bytes: Buffer, question: Buffer, query: Query): boolean {
  const facts = parseResponse(query, bytes);
  return facts !== undefined && facts.id === question.readUInt16BE(0);
}
