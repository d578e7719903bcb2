/** Who is given terminals by a runtime (`--console-socket`), one after the other. */
import { createServer, type Socket } from 'node:net';
import { writeSync } from 'node:fs';
import { ReadStream } from 'node:tty';
import { setTimeout as sleep } from 'node:timers/promises';
import { errnoOf } from '#base';
import { receiveDescriptors } from '#kernel';
import { until } from './command.ts';

export interface ConsoleServer {
  /** Types a line at the terminal that came last, and waits until `answer` has been said there. */
  typed(line: string, answer: string): Promise<void>;
  close(): void;
}

/** Listens at `path`. */
export function consoleServer(path: string): ConsoleServer {
  const held: { master?: number; stream?: ReadStream; said: string } = { said: '' };
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    void masterOf(socket).then((master) => {
      held.stream?.destroy();
      const stream = new ReadStream(master);
      stream.on('error', () => undefined); // EIO: nobody has it open on the other side
      stream.on('data', (chunk) => (held.said += chunk.toString()));
      Object.assign(held, { master, stream, said: '' });
    });
  }).listen(path);
  return {
    typed: async (line, answer) => {
      await until('a terminal comes', async () => held.master !== undefined);
      writeSync(held.master ?? -1, `${line}\n`);
      await until(`"${answer}" is said`, async () => held.said.includes(answer));
      delete held.master; // the next is another
    },
    close: () => {
      held.stream?.destroy();
      server.close();
    },
  };
}

async function masterOf(socket: Socket): Promise<number> {
  const { fd } = (socket as unknown as { _handle: { fd: number } })._handle;
  for (;;) {
    try {
      const [master] = receiveDescriptors(fd);
      socket.destroy();
      if (master === undefined) throw new Error('no terminal came');
      return master;
    } catch (error) {
      if (errnoOf(error) !== 'EAGAIN') throw error;
      await sleep(5);
    }
  }
}
