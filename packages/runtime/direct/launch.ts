/**
 * One launch from the command line: a naru-shim in the foreground makes the process out of our own stdio, and goes when
 * we let go of it. Until then it reaps the process and tells its end.
 */
import { attachStdio, encodePlan, FrameType, ShimConnection, ShimFailure, ShimImage, spawnForeground, type AttachedStdio, type Ending, type LaunchPlan } from '#shim';
import { taskEvents, type TaskEvents } from '../plan/events.ts';
import { launchFailure, reason } from '../plan/failure.ts';
import { unlessGone } from '../unless-gone.ts';

export interface LaunchOptions {
  readonly shimPath: string;
  /** Where the shim works. */
  readonly directory: string;
  readonly label: string;
  readonly plan: LaunchPlan;
  readonly preserved: number;
  /** The shim reaps the process and its orphans, as long as it is there; otherwise it leaves them all to others. */
  readonly reaper: boolean;
  /** Runs the host's hooks of a container whose first process is `pid`. */
  hooks?(pid: number): Promise<void>;
  /** What went wrong without stopping the launch. */
  warn(message: string): void;
}

export class Launch implements Disposable {
  readonly pid: number;
  readonly #connection: ShimConnection;
  readonly #events: TaskEvents;

  constructor(connection: ShimConnection, events: TaskEvents, pid: number) {
    this.#connection = connection;
    this.#events = events;
    this.pid = pid;
  }

  /** The process's end; undefined when the shim was killed. */
  get ending(): Promise<Ending | undefined> {
    return this.#events.ending(0);
  }

  /** Its terminal, which the shim holds. What is typed after its end takes none of its output away: it has a socket of its own. */
  attach(): Promise<AttachedStdio> {
    return attachStdio(this.#connection, 0, { stdin: true, stdout: true, stderr: false });
  }

  async resize(columns: number, rows: number): Promise<void> {
    const payload = Buffer.alloc(4);
    payload.writeUInt16LE(columns, 0);
    payload.writeUInt16LE(rows, 2);
    await this.#connection.request(FrameType.resize, { payload });
  }

  /** Lets go: the process is from now on the child of whoever reaps ours. Resolves when the shim has gone. */
  async release(): Promise<void> {
    this.#connection[Symbol.dispose]();
    await this.#connection.closed;
  }

  [Symbol.dispose](): void {
    this.#connection[Symbol.dispose]();
  }
}

/** Resolves when the process waits to be started, or, of a plan that does not wait, runs. Throws in runC's words. */
export async function launch(options: LaunchOptions): Promise<Launch> {
  using image = new ShimImage(options.shimPath);
  const events = taskEvents();
  const { socket, writer, reap } = await spawnForeground(image, options);
  const connection = new ShimConnection(socket, { ...events.handlers, hooks: (pid) => void runHooks(pid) }, writer);
  events.onWarning = (failure) => options.warn(reason(options.plan, failure));
  void connection.closed.then(reap);
  const failure: { ofHook?: unknown } = {};
  const runHooks = (pid: number): Promise<unknown> =>
    (options.hooks?.(pid) ?? Promise.resolve())
      .then(() => connection.request(FrameType.go))
      .catch((error: unknown) => {
        failure.ofHook = error;
        return connection.request(FrameType.shutdown).catch(unlessGone); // the launch ends with it
      });
  try {
    const answer = await connection.request(FrameType.create, { payload: encodePlan(options.plan) });
    return new Launch(connection, events, answer.payload.readUInt32LE(0));
  } catch (error) {
    connection[Symbol.dispose]();
    await connection.closed;
    if (failure.ofHook) throw failure.ofHook;
    throw error instanceof ShimFailure ? launchFailure(options.plan, error.failure) : error;
  }
}
