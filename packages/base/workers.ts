/**
 * Worker threads that take jobs by name. Workers start when there is work and none is idle, so that a job that waits
 * (for a slow download, say) never keeps another from starting; idle ones end after a while.
 *
 * A job's functions stand in one table type, shared by both sides:
 *   type Jobs = { hash(input: { path: string }): { digest: string } };
 *   x.worker.ts:  serveJobs<Jobs>({ hash: … });
 *   main thread:  const pool = new WorkerPool<Jobs>(() => workerUrl('x', import.meta.url));
 *                 await pool.run('hash', { path });
 */
import { getPriority, setPriority } from 'node:os';
import { parentPort, Worker } from 'node:worker_threads';
import { Cancelled, Conflict, DataLoss, Forbidden, Internal, InvalidArgument, NaruError, NotFound, NotImplemented, NotModified, Unauthorized, Unavailable, type ErrorKind } from './errors.ts';
import { heapTrimmer } from './heap.ts';

// The table's parameter types vary by job: only `never` accepts them all.
type JobTable = { readonly [name: string]: (input: never) => unknown };
type Input<Job> = Job extends (input: infer I) => unknown ? I : never;
type Output<Job> = Job extends (input: never) => infer O ? Awaited<O> : never;

/** Where the worker `name` lies: beside its caller as `<name>.worker.ts`, or bundled as `<dist>/<name>.worker.js`. */
export function workerUrl(name: string, callerUrl: string): URL {
  if (callerUrl.endsWith('.ts')) return new URL(`./${name}.worker.ts`, callerUrl);
  return new URL(callerUrl.includes('/chunks/') ? `../${name}.worker.js` : `./${name}.worker.js`, callerUrl);
}

export class WorkerPool<Jobs extends JobTable> implements Disposable {
  readonly #url: () => URL;
  readonly #idleMs: number;
  readonly #idle: { worker: Worker; timer: NodeJS.Timeout }[] = [];
  #next = 0;

  /** Idle workers end after `idleMs` milliseconds. */
  constructor(url: () => URL, idleMs = 10_000) {
    this.#url = url;
    this.#idleMs = idleMs;
  }

  /** Runs a job in a worker of its own; rejects with what the job threw, as the same class. */
  async run<Name extends keyof Jobs & string>(name: Name, input: Input<Jobs[Name]>): Promise<Output<Jobs[Name]>> {
    const worker = this.#take();
    const id = this.#next++;
    const answer = Promise.withResolvers<Answer>();
    const onExit = (code: number) => answer.reject(new Internal(`worker thread ended with code ${code} during ${name}`));
    worker.once('message', answer.resolve).once('error', answer.reject).once('exit', onExit);
    worker.postMessage({ id, name, input });
    try {
      const reply = await answer.promise;
      worker.off('error', answer.reject).off('exit', onExit);
      this.#giveBack(worker);
      if ('failure' in reply) throw unpackError(reply.failure);
      return reply.result as Output<Jobs[Name]>;
    } finally {
      worker.unref();
    }
  }

  /** Ends the idle workers. */
  [Symbol.dispose](): void {
    for (const { worker, timer } of this.#idle.splice(0)) {
      clearTimeout(timer);
      void worker.terminate();
    }
  }

  #take(): Worker {
    const idle = this.#idle.pop();
    if (!idle) return new Worker(this.#url());
    clearTimeout(idle.timer);
    idle.worker.ref();
    return idle.worker;
  }

  #giveBack(worker: Worker): void {
    worker.unref();
    const entry = { worker, timer: setTimeout(() => this.#retire(worker), this.#idleMs) };
    entry.timer.unref();
    this.#idle.push(entry);
  }

  #retire(worker: Worker): void {
    const at = this.#idle.findIndex((entry) => entry.worker === worker);
    if (at >= 0) this.#idle.splice(at, 1);
    void worker.terminate();
  }
}

/** Whoever asks the daemon something shall not wait behind an archive: a worker that wakes leaves the main thread its processor. */
const niceness = 5;

/** What jobs may leave behind in a worker that never rests, before it collects: 16 rings, of which V8 counts none. Bytes. */
const leftBehind = 64 << 20;

/** Answers jobs; called once by a worker's entry file. Throws Internal on the main thread, whose niceness is that of every program it starts. */
export function serveJobs<Jobs extends JobTable>(jobs: Jobs): void {
  if (!parentPort) throw new Internal('a file of worker threads was loaded by the main thread');
  setPriority(Math.min(getPriority() + niceness, 19)); // of this thread alone (setpriority(2), "C library/kernel differences")
  const trim = heapTrimmer(leftBehind);
  parentPort.on('message', async ({ id, name, input }: { id: number; name: string; input: never }) => {
    try {
      const result = await jobs[name]?.(input);
      parentPort?.postMessage({ id, result } satisfies Answer);
    } catch (error) {
      parentPort?.postMessage({ id, failure: packError(error) } satisfies Answer);
    }
    trim();
  });
}

type Answer = { id: number; result: unknown } | { id: number; failure: PackedError };

/** An error as plain data: structured cloning loses its class. */
interface PackedError {
  readonly message: string;
  readonly stack: string | undefined;
  readonly kind: ErrorKind | undefined;
  readonly fields: { code?: string; errno?: number; syscall?: string };
}

function packError(error: unknown): PackedError {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  const { code, errno, syscall } = error as NodeJS.ErrnoException;
  return { message, stack, kind: error instanceof NaruError ? error.kind : undefined, fields: { code, errno, syscall } };
}

function unpackError({ message, stack, kind, fields }: PackedError): Error {
  if (kind) return Object.assign(new classes[kind](message), { stack });
  return Object.assign(new Error(message), fields, { stack });
}

const classes = { Cancelled, Conflict, DataLoss, Forbidden, Internal, InvalidArgument, NotFound, NotImplemented, NotModified, Unauthorized, Unavailable };
