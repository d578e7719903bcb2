/** A task of the plan driver: its shim's connection, and what is known of it. */
import { mkdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Conflict, Internal, isKind, messageOf, type NaruError } from '#base';
import { securityModules, setgroupsDenied, signalProcess } from '#kernel';
import {
  type AttachedStdio, dialShim, encodePlan, EXEC_ATTACHES, execAttached, type Failure, type Frame, FrameType, type LaunchPlan, parseStatus, SEED_STAYS, SEEDED, type ShimConnection, ShimFailure,
} from '#shim';
import type { OciProcess, OciResources, OciSpec } from '#spec';
import { compileExec } from '../compile.ts';
import { withLabels } from '../compile/labels.ts';
import { compileExecSeed } from '../compile/seed.ts';
import { runHooks } from '../host-hooks.ts';
import { systemd } from './scope.ts';
import type { Process, StdioOptions, Task, TaskStats } from '../port.ts';
import { execFailure } from './failure.ts';
import { discardTaskDirectory, socketPath } from './layout.ts';
import { killMembers, membersOf } from './members.ts';
import { placementOf } from './placement.ts';
import { PlanProcess, type TaskParts } from './process.ts';
import { unlessGone } from '../unless-gone.ts';

const SIGKILL = 9;
/** Milliseconds until a killed seed is believed to stay: it is frozen with its container. */
const SEED_TRIES = 1000;

export class PlanTask extends PlanProcess implements Task {
  readonly id: string;
  #status: Task['status'];
  #startedAt: number | undefined;
  #seedPid: number;
  #pausing: Promise<void> | undefined;
  #killed = false;

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
    this.#killed ||= signal === SIGKILL;
    killMembers(this.parts.cgroup, this.pid, signal);
    if (signal !== SIGKILL) return;
    await Promise.allSettled([this.#pausing]);
    if (this.#status === 'paused') await this.resume();
  }

  /** Who is frozen between SIGKILL and his end does not end: v1's freezer comes first. */
  async pause(): Promise<void> {
    const status = this.#killed ? 'stopped' : this.#status;
    if (status !== 'running') throw new Conflict(`cannot pause a container in the ${status} state`);
    await (this.#pausing = this.#freeze());
  }

  async #freeze(): Promise<void> {
    await this.setFrozen(true);
    if (this.#status === 'running') this.#status = 'paused';
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
