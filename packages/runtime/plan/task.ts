/** A task of the plan driver: its shim's connection, and what is known of it. */
import { Conflict, Internal, isKind, NotFound } from '#base';
import type { Cgroup } from '#kernel';
import {
  attachStdio, connectShim, encodePlan, endedStdio, FrameType, ShimFailure, type Ending, type Failure, type ShimConnection, type ShimEvents,
} from '#shim';
import type { OciProcess, OciResources } from '#spec';
import { compileExec } from '../compile.ts';
import type { Attachment, ExitStatus, Process, StdioOptions, Task, TaskStats } from '../port.ts';
import { execFailure } from './failure.ts';
import { readEnding, readSeccomp, removeTaskDirectory, socketPath, type TaskRecord } from './layout.ts';
import { placementOf } from './placement.ts';
import type { PlanRoom } from './runtime.ts';

const SIGKILL = 9;

/** The ends of processes by number, whether asked for before or after they are told. */
export interface TaskEvents {
  readonly handlers: ShimEvents;
  ending(process: number): Promise<Ending | undefined>;
  onOom: (() => void) | undefined;
}

/** Collects what the shim tells unasked. When it goes without a word, endings resolve to undefined. */
export function taskEvents(onWarning: (failure: Failure) => void): TaskEvents {
  const endings = new Map<number, PromiseWithResolvers<Ending | undefined>>();
  let closed = false;
  const slot = (process: number) => {
    const known = endings.get(process) ?? Promise.withResolvers<Ending | undefined>();
    endings.set(process, known);
    if (closed) known.resolve(undefined);
    return known;
  };
  const events: TaskEvents = {
    onOom: undefined,
    ending: (process) => slot(process).promise,
    handlers: {
      exited: (process, ending) => slot(process).resolve(ending),
      oom: () => events.onOom?.(),
      warning: onWarning,
      closed: () => {
        closed = true;
        for (const { resolve } of endings.values()) resolve(undefined);
      },
    },
  };
  return events;
}

interface TaskParts {
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
}

/** One process of a task, by its number at the shim. */
class PlanProcess implements Process {
  readonly pid: number;
  protected readonly parts: TaskParts;
  readonly #number: number;
  readonly #ended: Promise<ExitStatus>;

  constructor(parts: TaskParts, number: number, pid: number) {
    this.parts = parts;
    this.pid = pid;
    this.#number = number;
    this.#ended = parts.events.ending(number).then((ending) => exitStatus(ending ?? lastWord(parts, number)));
  }

  async attach(streams: { stdin: boolean; stdout: boolean; stderr: boolean }): Promise<Attachment> {
    try {
      const connection = await connectShim(socketPath(this.parts.directory));
      return await attachStdio(connection, this.#number, streams);
    } catch (error) {
      if (error instanceof ShimFailure || isKind(error, 'Unavailable')) return endedStdio(streams);
      throw error;
    }
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
      if (error instanceof ShimFailure) throw new NotFound('process already finished', { cause: error });
      throw error;
    }
  }
}

/** The shim was killed without telling: its children died with it, by the kernel's hand. */
function lastWord(parts: TaskParts, number: number): Ending {
  const written = number === 0 ? readEnding(parts.directory) : undefined;
  return written ?? { code: 128 + SIGKILL, signal: SIGKILL, oom: false, at: Date.now() };
}

function exitStatus(ending: Ending): ExitStatus {
  return { code: ending.code, signal: ending.signal || undefined, oomKilled: ending.oom, at: ending.at };
}

export class PlanTask extends PlanProcess implements Task {
  readonly id: string;
  #status: Task['status'];
  #startedAt: number | undefined;

  constructor(parts: TaskParts) {
    super(parts, 0, parts.pid);
    this.id = parts.record.id;
    this.#status = parts.state;
    this.#startedAt = parts.startedAt;
    void this.wait().then(() => (this.#status = 'stopped'));
  }

  get status(): Task['status'] {
    return this.#status;
  }

  get startedAt(): number | undefined {
    return this.#startedAt;
  }

  async start(): Promise<void> {
    if (this.#status !== 'created') throw new Conflict(`cannot start a container in the ${this.#status} state`);
    await this.request(FrameType.start);
    if (this.#status === 'created') this.#status = 'running';
    this.#startedAt = Date.now();
  }

  async exec(execId: string, process: OciProcess, stdio: StdioOptions): Promise<Process> {
    const { connection, directory, record, cgroup } = this.parts;
    if (this.#status !== 'running' || !connection) throw new Conflict(`cannot exec in a ${this.#status} container`);
    const program = readSeccomp(directory);
    const plan = compileExec({
      process: { ...process, capabilities: process.capabilities ?? record.capabilities },
      stdio,
      seccomp: program && { flags: record.seccompFlags, program },
      cgroup: placementOf(cgroup, undefined),
      namespaces: record.namespaces,
    });
    try {
      const answer = await connection.request(FrameType.exec, { payload: encodePlan(plan) });
      return new PlanProcess(this.parts, answer.process, answer.payload.readUInt32LE(0));
    } catch (error) {
      if (error instanceof ShimFailure) throw execFailure(plan, error.failure);
      throw new Internal(`exec ${execId}: ${String(error)}`, { cause: error });
    }
  }

  async killAll(signal: number): Promise<void> {
    this.parts.cgroup.kill(signal);
    if (signal === SIGKILL && this.#status === 'paused') await this.resume();
  }

  async pause(): Promise<void> {
    if (this.#status !== 'running') throw new Conflict(`cannot pause a container in the ${this.#status} state`);
    await this.parts.cgroup.freeze();
    this.#status = 'paused';
  }

  async resume(): Promise<void> {
    if (this.#status !== 'paused') throw new Conflict(`cannot resume a container in the ${this.#status} state`);
    await this.parts.cgroup.thaw();
    if (this.#status === 'paused') this.#status = 'running';
  }

  async pids(): Promise<number[]> {
    return this.parts.cgroup.pids();
  }

  async stats(): Promise<TaskStats> {
    return this.parts.cgroup.stats();
  }

  async update(resources: OciResources): Promise<void> {
    this.parts.cgroup.apply(resources);
  }

  async delete(force = false): Promise<void> {
    const { connection, directory, cgroup } = this.parts;
    if (this.#status !== 'stopped') {
      if (!force) throw new Conflict(`cannot delete container ${this.id} that is not stopped: ${this.#status}`);
      await this.#end();
    }
    connection?.[Symbol.dispose]();
    await cgroup.remove();
    await removeTaskDirectory(directory);
  }

  /** Whatever state it is in, also frozen, and also when the shim does not answer any more. */
  async #end(): Promise<void> {
    const { connection, cgroup } = this.parts;
    const asked = connection?.open ? connection.request(FrameType.shutdown) : undefined;
    cgroup.kill(SIGKILL);
    if (this.#status === 'paused') await cgroup.thaw();
    await asked?.catch((error: unknown) => {
      if (!isKind(error, 'Unavailable')) throw error;
    });
    await this.wait();
  }
}
