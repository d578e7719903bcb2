/** A task of the plan driver: its shim's connection, and what is known of it. */
import { mkdirSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { Conflict, Internal, isKind, messageOf, type NaruError, NotFound } from '#base';
import { securityModules, setgroupsDenied, signalProcess, type Cgroup } from '#kernel';
import {
  type AttachedStdio, attachApart, dialShim, encodePlan, endedStdio, type Ending, EXEC_ATTACHES, execAttached, type Failure, type Frame, FrameType, type LaunchPlan, parseStatus, SEED_STAYS, SEEDED, type ShimConnection, ShimFailure,
} from '#shim';
import type { OciProcess, OciResources, OciSpec } from '#spec';
import { compileExec } from '../compile.ts';
import { withLabels } from '../compile/labels.ts';
import { compileExecSeed } from '../compile/seed.ts';
import { runHooks } from '../host-hooks.ts';
import { systemd } from './scope.ts';
import type { Attachment, ExitStatus, Process, StdioOptions, Task, TaskStats } from '../port.ts';
import type { TaskEvents } from './events.ts';
import { execFailure, reason } from './failure.ts';
import { discardTaskDirectory, readEnding, socketPath, type TaskRecord } from './layout.ts';
import { killMembers, membersOf } from './members.ts';
import { placementOf } from './placement.ts';
import type { PlanRoom } from './room.ts';
import { unlessGone } from '../unless-gone.ts';

const SIGKILL = 9;
/** Milliseconds until a killed seed is believed to stay: it is frozen with its container. */
const SEED_TRIES = 1000;
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

/** One process of a task, by its number at the shim. */
class PlanProcess implements Process {
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

  async attach(streams: { stdin: boolean; stdout: boolean; stderr: boolean }): Promise<Attachment> {
    const begun = this.#begun;
    this.#begun = undefined;
    try {
      return await attachApart(() => dialShim(socketPath(this.parts.directory)), this.#number, streams, begun);
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
      if (!(error instanceof ShimFailure)) throw error;
      if (finished.has(error.failure.errno)) throw new NotFound('process already finished', { cause: error });
      throw new Internal(`process ${this.pid}: ${reason([], error.failure)}`, { cause: error });
    }
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

export class PlanTask extends PlanProcess implements Task {
  readonly id: string;
  #status: Task['status'];
  #startedAt: number | undefined;
  #seedPid: number;

  constructor(parts: TaskParts) {
    super(parts, 0, parts.pid);
    this.id = parts.record.id;
    this.#status = parts.state;
    this.#startedAt = parts.startedAt;
    this.#seedPid = parts.seedPid;
    void this.wait().then(() => (this.#status = 'stopped'));
  }

  get status(): Task['status'] {
    return this.#status;
  }

  get startedAt(): number | undefined {
    return this.#startedAt;
  }

  async start(): Promise<void> {
    if (!this.parts.restored) {
      if (this.#status !== 'created') throw new Conflict(`cannot start a container in the ${this.#status} state`);
      await this.request(FrameType.start);
    }
    this.parts.events.onWarning = undefined; // it keeps the plan, and the launch is over
    if (this.#status === 'created') this.#status = 'running';
    this.#startedAt = Date.now();
    await this.#runHooks('poststart');
  }

  async exec(execId: string, process: OciProcess, stdio: StdioOptions): Promise<Process> {
    const { connection } = this.parts;
    if (this.#status !== 'running' || !connection) throw new Conflict(`cannot exec in a ${this.#status} container`);
    const seeded = this.#seedPid !== 0;
    const plan = this.compileExec(execId, process, stdio, seeded);
    if (connection.version < SEED_STAYS) this.#seedPid = 0;
    try {
      const { answer, stdio: begun } = await this.#launch(connection, plan, seeded, stdio.attach);
      if (this.#seedPid === 0) this.plantSeed(connection).catch((error: unknown) => this.parts.room.warn(this.id, `the next exec does without a seed: ${messageOf(error)}`));
      return new PlanProcess(this.parts, answer.process, answer.payload.readUInt32LE(0), begun);
    } catch (error) {
      if (!(error instanceof ShimFailure)) throw new Internal(`exec ${execId}: ${messageOf(error)}`, { cause: error });
      if (seeded && !plan[error.failure.op]) {
        this.#seedPid = 0; // it had been killed, or could make no stage
        return this.exec(execId, process, stdio);
      }
      throw this.execFailure(execId, plan, error.failure);
    }
  }

  /** On a connection of its own where the output is wanted and the shim can. */
  async #launch(connection: ShimConnection, plan: LaunchPlan, seeded: boolean, attach: StdioOptions['attach']): Promise<{ answer: Frame; stdio?: AttachedStdio }> {
    const payload = encodePlan(plan);
    if (connection.version >= EXEC_ATTACHES && (attach?.stdout || attach?.stderr)) return execAttached(dialShim(socketPath(this.parts.directory)), payload, seeded, attach);
    return { answer: await connection.request(FrameType.exec, { flag: seeded ? SEEDED : 0, payload }) };
  }

  protected execFailure(_execId: string, plan: LaunchPlan, failure: Failure): NaruError {
    return execFailure(plan, failure);
  }

  protected compileExec(_execId: string, process: OciProcess, stdio: StdioOptions, seeded: boolean): LaunchPlan {
    const { record, cgroup, room } = this.parts;
    const program = record.seccomp === undefined ? undefined : room.programs.read(record.seccomp);
    return compileExec({
      id: record.id,
      process: withLabels({ ...process, capabilities: process.capabilities ?? record.capabilities }, record.labels),
      modules: securityModules(),
      memoryPolicy: record.memoryPolicy,
      stdio,
      listener: record.listener,
      seccomp: program && { flags: record.seccompFlags, program },
      cgroup: placementOf(cgroup, undefined, this.pid),
      namespaces: record.namespaces,
      seeded,
      groupsDenied: setgroupsDenied(),
    });
  }

  /** Whoever runs one exec (a health check, a shell) will run another. */
  protected async plantSeed(connection: ShimConnection): Promise<void> {
    const { tasks } = placementOf(this.parts.cgroup, undefined);
    if (tasks.length === 0) return;
    try {
      const answer = await connection.request(FrameType.seed, { payload: encodePlan(compileExecSeed(tasks)) });
      this.#seedPid = answer.payload.readUInt32LE(0);
    } catch (error) {
      /* The container has just ended, or its limits leave no room: the next exec does without. */
      if (!(error instanceof ShimFailure) && !isKind(error, 'Unavailable')) throw error;
    }
  }

  async adopt(handle: string): Promise<Process | undefined> {
    const number = Number(handle);
    const { connection, events } = this.parts;
    try {
      const answer = await connection?.request(FrameType.status, { process: number });
      if (!answer) return undefined;
      const { pid, state, ending } = parseStatus(answer.payload);
      if (state === 'ended') events.handlers.exited?.(number, ending);
      return new PlanProcess(this.parts, number, pid);
    } catch (error) {
      if (error instanceof ShimFailure || isKind(error, 'Unavailable')) return undefined;
      throw error;
    }
  }

  async killAll(signal: number): Promise<void> {
    killMembers(this.parts.cgroup, this.pid, signal);
    if (signal === SIGKILL && this.#status === 'paused') await this.resume();
  }

  async pause(): Promise<void> {
    if (this.#status !== 'running') throw new Conflict(`cannot pause a container in the ${this.#status} state`);
    await this.setFrozen(true);
    this.#status = 'paused';
  }

  async resume(): Promise<void> {
    if (this.#status !== 'paused') throw new Conflict(`cannot resume a container in the ${this.#status} state`);
    await this.setFrozen(false);
    if (this.#status === 'paused') this.#status = 'running';
  }

  protected setFrozen(frozen: boolean): Promise<void> {
    return frozen ? this.parts.cgroup.freeze() : this.parts.cgroup.thaw();
  }

  watchOom(listener: () => void): void {
    this.parts.events.onOom = listener;
  }

  async pids(): Promise<number[]> {
    return membersOf(this.parts.cgroup, this.pid).filter((pid) => pid !== this.#seedPid);
  }

  async stats(): Promise<TaskStats> {
    const stats = this.parts.cgroup.stats();
    const { current, limit } = stats.pids;
    return { ...stats, pids: { limit, current: this.#seedPid ? current - 1 : current } };
  }

  async update(resources: OciResources): Promise<void> {
    const { cgroup, record } = this.parts;
    if (record.systemd) await (await systemd()).updateUnit(record.systemd, cgroup, resources);
    cgroup.apply(resources);
  }

  /** What stays of an exec's beginning in its cgroup, or of a seed, would be dumped with it: it goes first. */
  async checkpoint(spec: OciSpec, { directory, exit }: { readonly directory: string; readonly exit: boolean }): Promise<void> {
    const { checkpointContainer, findCriu, writePlaces } = await import('../criu/dump.ts');
    const { forgetParentDeath } = await import('../criu/parent-death.ts');
    const criu = findCriu('criu');
    await this.#dropSeed();
    const { pid, parts: { cgroup } } = this;
    const wanted = { images: directory, work: directory, switches: exit ? [] : (['leave-running'] as const), manageCgroups: 'soft', preDump: false, parent: undefined, pageServer: undefined, statusFd: undefined } as const;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    writePlaces(directory, spec, pid);
    const inside = Number(/^NSpid:.*\s(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
    await checkpointContainer(criu, { pid, cgroup, spec, root: `/proc/${pid}/root` }, wanted);
    forgetParentDeath(directory, inside);
  }

  /** Its id may be a stranger's by now: only who is in the container's cgroup is killed. */
  async #dropSeed(): Promise<void> {
    const seed = this.#seedPid;
    this.#seedPid = 0;
    const there = (): boolean => this.parts.cgroup.pids().includes(seed);
    if (seed && there()) signalProcess(seed, SIGKILL);
    for (let attempt = 0; seed && attempt < SEED_TRIES && there(); attempt++) await sleep(1);
  }

  async delete(force = false): Promise<void> {
    const { leaving } = this.parts.room;
    const deleted = this.#delete(force);
    leaving.add(deleted);
    await deleted.finally(() => leaving.delete(deleted));
  }

  async #delete(force: boolean): Promise<void> {
    const { connection, directory, cgroup, room, record } = this.parts;
    const stopped = this.#status === 'stopped';
    if (!stopped && !force) throw new Conflict(`cannot delete container ${this.id} that is not stopped: ${this.#status}`);
    const asked = connection?.open ? connection.request(FrameType.shutdown) : undefined;
    if (!stopped) {
      killMembers(cgroup, this.pid, SIGKILL);
      if (this.#status === 'paused') await cgroup.thaw();
    }
    await asked?.catch(unlessGone);
    await connection?.closed;
    await this.wait();
    await this.releaseMore();
    if (record.systemd) await (await systemd()).stopUnit(record.systemd);
    await cgroup.remove();
    discardTaskDirectory(directory, room.trash);
    room.spares.busy();
    await this.#runHooks('poststop');
  }

  /** What a driver of another kind holds beside the shim and the cgroup. */
  protected async releaseMore(): Promise<void> {}

  /** What fails here is told and changes nothing (OCI runtime-spec runtime.md "Lifecycle"). */
  async #runHooks(point: 'poststart' | 'poststop'): Promise<void> {
    const { record: { late }, room } = this.parts;
    const state = point === 'poststart' ? ({ status: 'running', pid: this.pid } as const) : ({ status: 'stopped' } as const);
    if (late) await runHooks(point, late[point], { ...late.state, ...state }).catch((error: unknown) => room.warn(this.id, messageOf(error)));
  }
}
