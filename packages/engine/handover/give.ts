/** The old daemon's side of a handover. */
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '#base';
import { endProcess, sendDescriptors } from '#kernel';
import type { Engine } from '../context.ts';
import type { Listener } from '../daemon/listen.ts';
import type { ApiServer } from '../server.ts';
import { endsSince, gather, keyOf, type InheritedWaits } from './belongings.ts';
import { attachAtSuccessor } from './remote-attachment.ts';
import { carriedSocket, Channel, handoverSocket } from './protocol.ts';
import type { WaitResult } from '../containers/lives.ts';

/** A daemon that serves. */
export interface Serving {
  readonly engine: Engine;
  readonly api: ApiServer;
  readonly listeners: readonly Listener[];
  readonly inherited: InheritedWaits;
  /** Stops everything but streams, closes the store and lets its lock go. Resolves with the ids of the execs that ran when the last event was told. */
  readonly retire: () => Promise<ReadonlySet<string>>;
}

/** Milliseconds: work older than this is waited for with the door open. */
const patience = 500;
/** Milliseconds for the young work to end once the door is held. */
const lastWait = 2000;
/** Milliseconds for a connection to say what it wants. */
const askedWithin = 5000;
/** Milliseconds that connections without a request stay: their clients may be writing one just now. */
const idleGrace = 5000;

/** Listens for a successor. The process ends after a handover, with its last stream. */
export async function offerHandover(serving: Serving): Promise<Server> {
  const path = handoverSocket(serving.engine.config.execRoot);
  rmSync(path, { force: true });
  let busy = false;
  const server = createServer((socket) => {
    void isAsked(socket).then((channel) => {
      if (busy || !channel) return void socket.destroy();
      busy = true;
      handOver(serving, socket, channel, server).catch((error: unknown) => {
        serving.engine.log('error', `handover: ${messageOf(error)}`);
        endProcess(1);
      }).finally(() => (busy = false));
    });
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(path, resolve));
  chmodSync(path, 0o600);
  return server;
}

/** Somebody who connects and says nothing, or anything else, keeps nobody from taking over. */
async function isAsked(socket: Socket): Promise<Channel | undefined> {
  const channel = new Channel(socket);
  const impatience = setTimeout(() => socket.destroy(), askedWithin);
  const words = await channel.hear();
  clearTimeout(impatience);
  return words === 'take over' ? channel : undefined;
}

async function handOver(serving: Serving, socket: Socket, channel: Channel, server: Server): Promise<void> {
  const { engine, api, listeners, inherited } = serving;
  engine.log('info', 'another narud takes over: ending the work under way');
  if (!(await quiet(serving, socket))) return engine.log('info', 'the other narud has gone: serving on');
  process.on('unhandledRejection', (error) => engine.log('warn', `after the handover: ${messageOf(error)}`));
  server.close();
  const running = await serving.retire();
  const belongings = gather(engine, listeners.map(({ host }) => host), running, inherited.open);
  sendDescriptors(descriptorOf(socket), listeners.map(({ fd }) => fd));
  channel.say(JSON.stringify(belongings));
  api.stopListening();
  if ((await channel.hear()) !== 'serving') throw new Error('the other narud died before it served; containers go on, start narud again');
  await moveStreams(engine);
  await setImmediate(); // what the shims told before the other one asked them is here, and is read by now
  channel.say('settled');
  channel.say(JSON.stringify(endsSince(engine, belongings)));
  inherited.cut();
  api.admission.retire();
  engine.log('info', `handed over; ${api.admission.streams} streams end here`);
  await lastConnection(api);
  endProcess(0);
}

/** Old work ends with the door open, young work behind it; the door opens again when that takes too long. False when the other one gave up. */
async function quiet({ api: { admission } }: Serving, other: Socket): Promise<boolean> {
  while (!other.destroyed && other.readable) {
    if (admission.oldest > patience) {
      await sleep(50);
      continue;
    }
    admission.hold();
    if (await admission.idle(lastWait)) return true;
    admission.admit();
  }
  return false;
}

/** What stands on this daemon's state goes on with the newest one's. */
async function moveStreams(engine: Engine): Promise<void> {
  engine.succession.pass(carriedSocket(engine.config.execRoot));
  const successor = engine.succession.successor;
  if (!successor) return;
  for (const [id, life] of engine.lives.entries()) {
    for (const what of life.awaited) {
      const answer = successor.ask<WaitResult>('POST', `/handover/wait/${keyOf({ id, what })}`);
      answer.then((result) => life[what].resolve(result), (error: unknown) => abandoned(engine, error));
    }
  }
  for (const waiting of engine.supervisor.waitingAttachments()) {
    const tty = engine.supervisor.spec(waiting.id).process.terminal;
    await waiting.bind({ attach: (streams) => attachAtSuccessor(successor.path, waiting.id, streams, tty) });
  }
}

/** The newest daemon was stopped: as with any daemon that ends, its clients' streams end. */
function abandoned(engine: Engine, error: unknown): never {
  engine.log('info', `no daemon serves any more: ${messageOf(error)}`);
  endProcess(0);
}

async function lastConnection(api: ApiServer): Promise<void> {
  const end = performance.now() + idleGrace;
  while (api.connections > 0) {
    if (performance.now() > end) api.closeIdle();
    await sleep(100);
  }
}

function descriptorOf(socket: Socket): number {
  return (socket as unknown as { _handle: { fd: number } })._handle.fd;
}
