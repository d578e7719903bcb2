/** The new daemon's side of a handover. */
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { errnoOf, Unavailable } from '#base';
import { receiveDescriptors } from '#kernel';
import type { EngineConfig } from '../context.ts';
import { Channel, handoverSocket, type Belongings, type ExecEnds } from './protocol.ts';

/** What the old daemon gave. */
export interface Taken {
  readonly belongings: Belongings;
  /** Descriptors of the listening sockets, in the order of `belongings.hosts`. */
  readonly descriptors: readonly number[];
  /** Tells the old daemon that its streams may come over, and waits until they have; with the ends that it alone saw. Throws Unavailable when it has gone. */
  serving(): Promise<ExecEnds>;
}

/**
 * Asks the daemon that runs on the same roots for everything it has, and waits for as long as it takes: it ends the work
 * under way first. Undefined when none runs. Throws Unavailable when it breaks off.
 */
export async function takeOver({ execRoot }: Pick<EngineConfig, 'execRoot'>): Promise<Taken | undefined> {
  const socket = await dial(handoverSocket(execRoot));
  if (!socket) return undefined;
  socket.write('take over\n');
  const descriptors = await receive(socket);
  const channel = new Channel(socket);
  const line = await channel.hear();
  if (line === undefined) throw brokenOff();
  const belongings = JSON.parse(line) as Belongings;
  return {
    belongings,
    descriptors,
    async serving() {
      channel.say('serving');
      if ((await channel.hear()) !== 'settled') throw brokenOff();
      const ends = belongings.endsFollow ? await channel.hear() : '{}';
      if (ends === undefined) throw brokenOff();
      socket.destroy();
      return JSON.parse(ends) as ExecEnds;
    },
  };
}

/** Paused from the start: what Node read would be without its descriptors. */
function dial(path: string): Promise<Socket | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.pause();
    socket.once('connect', () => resolve(socket.off('error', reject)));
    socket.once('error', (error) => (['ENOENT', 'ECONNREFUSED'].includes(errnoOf(error) ?? '') ? resolve(undefined) : reject(error)));
  });
}

async function receive(socket: Socket): Promise<readonly number[]> {
  const { fd } = (socket as unknown as { _handle: { fd: number } })._handle;
  for (;;) {
    try {
      const descriptors = receiveDescriptors(fd);
      if (descriptors.length === 0) throw brokenOff();
      return descriptors;
    } catch (error) {
      if (errnoOf(error) !== 'EAGAIN') throw error;
      await sleep(5);
    }
  }
}

function brokenOff(): Unavailable {
  return new Unavailable('the daemon that was asked for a handover broke it off');
}
