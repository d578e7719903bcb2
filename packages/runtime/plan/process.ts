/** A process of a task of the plan driver, its first or an exec's. */
import { constants } from 'node:os';
import { Internal, isKind, NotFound } from '#base';
import type { Cgroup } from '#kernel';
import { type AttachedStdio, attachApart, dialShim, endedStdio, type Ending, FrameType, type ShimConnection, ShimFailure } from '#shim';
import type { Attachment, ExitStatus, Process, Task } from '../port.ts';
import type { TaskEvents } from './events.ts';
import { reason } from './failure.ts';
import { readEnding, socketPath, type TaskRecord } from './layout.ts';
import type { PlanRoom } from './room.ts';

const SIGKILL = 9;
/** How the shim says that a process is not there any more, or its terminal with it. */
const finished = new Set<number>([constants.errno.ESRCH, constants.errno.ENOTTY]);

export interface TaskParts {
  readonly room: PlanRoom;
  readonly directory: string;
  readonly record: TaskRecord;
  readonly cgroup: Cgroup;
  /** undefined when the shim is gone. */
  readonly connection: ShimConnection | undefined;
  readonly events: TaskEvents;
  readonly pid: number;
  readonly state: Task['status'];
  readonly startedAt: number | undefined;
  /** A stage that waits in the cgroup for the next exec, 0 without one. */
  readonly seedPid: number;
  /** It came out of a checkpoint: it runs, or has ended, since it was made. */
  readonly restored?: boolean;
}

type Streams = Parameters<Process['attach']>[0];

/** One process of a task, by its number at the shim. */
export class PlanProcess implements Process {
  readonly pid: number;
  protected readonly parts: TaskParts;
  readonly #number: number;
  readonly #ended: Promise<ExitStatus>;
  /** Its output, for whoever attaches first. */
  #begun: AttachedStdio | undefined;

  constructor(parts: TaskParts, number: number, pid: number, begun?: AttachedStdio) {
    this.parts = parts;
    this.pid = pid;
    this.#number = number;
    this.#begun = begun;
    this.#ended = parts.events.ending(number).then(async (ending) => exitStatus(ending ?? (await lastWord(parts, number))));
  }

  get handle(): string {
    return String(this.#number);
  }

  async attach(streams: Streams): Promise<Attachment> {
    const begun = this.#begun;
    this.#begun = undefined;
    return attachAt(this.parts.directory, this.#number, streams, begun);
  }

  async resize(columns: number, rows: number): Promise<void> {
    const payload = Buffer.alloc(4);
    payload.writeUInt16LE(columns, 0);
    payload.writeUInt16LE(rows, 2);
    await this.request(FrameType.resize, payload);
  }

  async kill(signal: number): Promise<void> {
    const payload = Buffer.alloc(4);
    payload.writeUInt32LE(signal, 0);
    await this.request(FrameType.signal, payload);
  }

  wait(): Promise<ExitStatus> {
    return this.#ended;
  }

  protected async request(type: number, payload?: Uint8Array): Promise<void> {
    const { connection } = this.parts;
    if (!connection?.open) throw new NotFound('process already finished');
    try {
      await connection.request(type, { process: this.#number, ...(payload && { payload }) });
    } catch (error) {
      if (!(error instanceof ShimFailure)) throw error;
      if (finished.has(error.failure.errno)) throw new NotFound('process already finished', { cause: error });
      throw new Internal(`process ${this.pid}: ${reason([], error.failure)}`, { cause: error });
    }
  }
}

/** To process `number` of the task in `directory`; one that is gone gives nothing more. `begun` is there already for its output. */
export async function attachAt(directory: string, number: number, streams: Streams, begun?: AttachedStdio): Promise<Attachment> {
  try {
    return await attachApart(() => dialShim(socketPath(directory)), number, streams, begun);
  } catch (error) {
    if (error instanceof ShimFailure || isKind(error, 'Unavailable')) return endedStdio(streams);
    throw error;
  }
}

/** The shim was killed without telling: its children die with it, by the kernel's hand, or, where they are frozen or not its own, by ours. */
async function lastWord(parts: TaskParts, number: number): Promise<Ending> {
  if (number === 0) await parts.cgroup.end();
  const written = number === 0 ? readEnding(parts.directory) : undefined;
  return written ?? { code: 128 + SIGKILL, signal: SIGKILL, oom: false, at: Date.now() };
}

function exitStatus(ending: Ending): ExitStatus {
  return { code: ending.code, signal: ending.signal || undefined, oomKilled: ending.oom, at: ending.at };
}
