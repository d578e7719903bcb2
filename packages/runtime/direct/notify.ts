/**
 * sd_notify(3) of a container that is a service: where NOTIFY_SOCKET names its manager's socket, the container has one of its own, on
 * which its program says that it is ready. The manager hears that from us, and which process it is to watch, as from runC.
 */
import { chmodSync, closeSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { connectDatagram, listenDatagram, pipe, sendMessage, watchReadable, type DatagramSocket } from '#kernel';
import type { OciSpec } from '#spec';
import { withShortPath } from '../short-path.ts';

const INSIDE = '/run/notify';
const NAME = 'notify.sock';
/** How often it is looked whether there is anybody yet who could say something, in ms. */
const STEP = 100;
/** How long a manager has to take note of what it was told, in ms: one that knows no barriers never says so. */
const PATIENCE = 30_000;

/** Makes the directory for it in the container's own, and has the program see it there. */
export function withNotifySocket(spec: OciSpec, directory: string): OciSpec {
  const source = join(directory, 'notify');
  mkdirSync(source, { recursive: true, mode: 0o755 });
  const mounts = [...(spec.mounts ?? []), { destination: INSIDE, source, options: ['bind', 'nosuid', 'noexec', 'nodev', 'ro'] }];
  return { ...spec, mounts, ...(spec.process && { process: { ...spec.process, env: [...(spec.process.env ?? []), `NOTIFY_SOCKET=${join(INSIDE, NAME)}`] } }) };
}

/** True of a container that was made so. */
export function canNotify(directory: string): boolean {
  return existsSync(join(directory, 'notify'));
}

export interface Readiness extends Disposable {
  /**
   * Resolves once the manager knows that the program is ready and that it is to watch the process `pid`, or when the container is `over`.
   * Throws SystemError where the manager cannot be told.
   */
  passOn(pid: number, over: () => boolean): Promise<void>;
}

/** Before the program is started, so that it is heard from its first word on; undefined where nobody wants to hear, or it could not say. */
export function openReadiness(directory: string, manager: string): Readiness | undefined {
  if (!canNotify(directory)) return undefined;
  const path = join(directory, 'notify', NAME);
  rmSync(path, { force: true }); // of one that was killed before it had started anything
  const program = withShortPath(path, listenDatagram);
  chmodSync(path, 0o777); // whoever the program runs as
  return {
    async passOn(pid, over) {
      const ready = await heard(program, over);
      if (ready === undefined) return;
      using socket = connectDatagram(manager.replace(/^@/, '\0'));
      socket.send(Buffer.from(`${ready}\n`));
      socket.send(Buffer.from(`MAINPID=${pid}\n`));
      await barrier(socket.fd);
    },
    [Symbol.dispose]: () => program[Symbol.dispose](),
  };
}

/** The word that it is ready; undefined when nobody is left to say it. */
async function heard(program: DatagramSocket, over: () => boolean): Promise<string | undefined> {
  for (;;) {
    const ended = over(); // before what it said last is looked for
    for (let datagram = program.receive(); datagram; datagram = program.receive()) {
      const ready = datagram.toString().split('\n').find((line) => line.startsWith('READY='));
      if (ready) return ready;
    }
    if (ended) return undefined;
    await readable(program.fd, STEP);
  }
}

/** Who goes before his manager has read what he said is nobody to it: it closes the descriptor that comes with this when it has (sd_notify_barrier(3)). */
async function barrier(manager: number): Promise<void> {
  const { read, write } = pipe();
  try {
    try {
      sendMessage(manager, Buffer.from('BARRIER=1'), [write]);
    } finally {
      closeSync(write);
    }
    await readable(read, PATIENCE);
  } finally {
    closeSync(read);
  }
}

/** Resolves when there is something to read or the end of it, or after so many milliseconds. */
async function readable(fd: number, milliseconds: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  using _watch = watchReadable(fd, resolve);
  const timer = setTimeout(resolve, milliseconds);
  await promise;
  clearTimeout(timer);
}
