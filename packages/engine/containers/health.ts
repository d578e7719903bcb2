/**
 * Health checks: a command run inside the container at intervals. `retries` failures in a row make it unhealthy, one
 * success healthy; failures in the start period do not count until it was healthy once.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { formatDuration, messageOf, newId } from '#base';
import type { Process } from '#runtime';
import type { Healthcheck } from '#spec';
import { execAction } from '../exec/action.ts';
import { rfc3339 } from '../clock.ts';
import type { Engine } from '../context.ts';
import { attributesOf } from './attributes.ts';
import type { HealthState } from './health-state.ts';
import type { ContainerRecord } from './record.ts';
import { hasHealthPolicy } from './health-label.ts';
import { environmentOf } from './spec/environment.ts';

/** Milliseconds, from the API's nanoseconds; Docker's defaults where nothing is said. */
interface Timing {
  readonly interval: number;
  readonly timeout: number;
  readonly startPeriod: number;
  readonly startInterval: number;
  readonly retries: number;
}

const keptResults = 5;
/** Bytes of a probe's output. */
const keptOutput = 4096;
/** Milliseconds for the rest of the output of a probe that was killed. */
const afterKill = 200;
/** Shown for a probe that did not end in time. */
const timedOut = -1;

type Needs = Pick<Engine, 'supervisor' | 'events' | 'containers' | 'lives' | 'log'>;

export class HealthMonitor {
  readonly state: HealthState;
  readonly #engine: Needs;
  readonly #record: ContainerRecord;
  readonly #command: readonly string[];
  readonly #timing: Timing;
  readonly #stop = new AbortController();
  /** By the monotonic clock: the wall's may be set amid the start period. */
  readonly #startedAt: number;
  #unsaved = false;

  /**
   * Undefined for a container without a check. A run that an earlier daemon watched is on trial again, with the results
   * that one had, as with dockerd; what it had found unhealthy stays so, for what its policy asks may be owed.
   */
  static start(engine: Needs, record: ContainerRecord, run: 'new' | 'resumed'): HealthMonitor | undefined {
    const command = probeCommand(record);
    if (!command) return undefined;
    const before = engine.containers.healthOf(record.id);
    const owed = run === 'resumed' && before?.Status === 'unhealthy' && hasHealthPolicy(record);
    const monitor = new HealthMonitor(engine, record, command, owed ? before : { ...fresh(), Log: before?.Log ?? [] });
    void monitor.#run();
    return monitor;
  }

  private constructor(engine: Needs, record: ContainerRecord, command: readonly string[], state: HealthState) {
    this.state = state;
    const startedAt = engine.supervisor.state(record.id)?.startedAt ?? Date.now();
    this.#startedAt = performance.now() - Math.max(0, Date.now() - startedAt);
    this.#engine = engine;
    this.#record = record;
    this.#command = command;
    this.#timing = timingOf(record.config.Healthcheck ?? {});
  }

  /** The last results stay readable. */
  stop(): void {
    this.#stop.abort();
  }

  /** The run has ended: what does not run is not healthy. */
  end(): void {
    this.stop();
    this.state.Status = 'unhealthy';
    this.#save();
  }

  /** For the next daemon: where it cannot be written, for a disk that is full, this one looks after the container all the same. */
  #save(): void {
    try {
      this.#engine.containers.saveHealth(this.#record.id, this.state);
      this.#unsaved = false;
    } catch (error) {
      if (!this.#unsaved) this.#engine.log('error', `health of container ${this.#record.id} cannot be stored: ${messageOf(error)}`);
      this.#unsaved = true;
    }
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const soon = this.state.Status === 'starting' && this.#inStartPeriod();
      const wait = soon ? this.#timing.startInterval : this.#timing.interval;
      await delay(wait, undefined, { signal, ref: false }).catch(() => undefined);
      if (!signal.aborted && this.#engine.supervisor.state(this.#record.id)?.status === 'running') await this.#probe();
    }
  }

  #inStartPeriod(): boolean {
    return performance.now() - this.#startedAt < this.#timing.startPeriod;
  }

  async #probe(): Promise<void> {
    const start = Date.now();
    const { code, output } = await runProbe(this.#engine, this.#record, this.#command, this.#timing.timeout);
    if (this.#stop.signal.aborted) return;
    this.state.Log = [...this.state.Log, { Start: rfc3339(start), End: rfc3339(Date.now()), ExitCode: code, Output: output }].slice(-keptResults);
    const before = this.state.Status;
    this.#judge(code);
    this.#save();
    if (this.state.Status === before) return;
    const record = this.#engine.containers.get(this.#record.id) ?? this.#record;
    this.#engine.events.publish('container', `health_status: ${this.state.Status}`, record.id, attributesOf(record));
    if (this.state.Status === 'unhealthy') this.#engine.lives.of(record.id).onUnhealthy?.();
  }

  #judge(code: number): void {
    if (code === 0) {
      this.state.Status = 'healthy';
      this.state.FailingStreak = 0;
      return;
    }
    if (this.state.Status === 'starting' && this.#inStartPeriod()) return;
    this.state.FailingStreak++;
    if (this.state.FailingStreak >= this.#timing.retries) this.state.Status = 'unhealthy';
  }
}

function fresh(): HealthState {
  return { Status: 'starting', FailingStreak: 0, Log: [] };
}

/** The command line; undefined where there is none, or it is switched off. */
function probeCommand(record: ContainerRecord): string[] | undefined {
  const [kind, ...rest] = record.config.Healthcheck?.Test ?? [];
  if (kind === 'CMD' && rest.length > 0) return rest;
  if (kind === 'CMD-SHELL') return [...(record.config.Shell ?? ['/bin/sh', '-c']), ...rest];
  return undefined;
}

function timingOf(check: Healthcheck): Timing {
  const milliseconds = (nanoseconds: number | undefined, otherwise: number): number => (nanoseconds ? nanoseconds / 1e6 : otherwise);
  return {
    interval: milliseconds(check.Interval, 30_000),
    timeout: milliseconds(check.Timeout, 30_000),
    startPeriod: milliseconds(check.StartPeriod, 0),
    startInterval: milliseconds(check.StartInterval, 5_000),
    retries: check.Retries || 3,
  };
}

async function runProbe(engine: Needs, record: ContainerRecord, command: readonly string[], timeout: number): Promise<{ code: number; output: string }> {
  const execId = newId();
  const tell = (verb: 'exec_create' | 'exec_start'): void => {
    engine.events.publish('container', execAction(verb, command), record.id, attributesOf(record, { execID: execId }));
  };
  tell('exec_create');
  tell('exec_start');
  const base = { execId, args: command, env: environmentOf(record.config, record.config.Hostname), cwd: '', user: record.config.User };
  try {
    const process = await engine.supervisor.exec(record.id, { ...base, privileged: false, terminal: false, stdin: false, consoleSize: undefined });
    return await collect(process, timeout);
  } catch (error) {
    // A command that cannot start is a failed probe with the reason as its output, and no exit code of its own.
    return { code: -1, output: messageOf(error) };
  }
}

async function collect(process: Process, timeout: number): Promise<{ code: number; output: string }> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => (timer = setTimeout(() => resolve(undefined), timeout).unref()));
  try {
    const output = new KeptOutput();
    const read = output.read(process);
    // A failure to read is told by the awaits below.
    read.catch(() => undefined);
    const exit = await Promise.race([process.wait(), late]);
    if (exit) {
      await read;
      return { code: exit.code, output: output.text() };
    }
    await process.kill(9);
    await process.wait();
    // What the probe itself started may live on and hold the output open.
    await Promise.race([read, delay(afterKill, undefined, { ref: false })]);
    const said = output.text();
    return { code: timedOut, output: `Health check exceeded timeout (${formatDuration(timeout * 1e6)})${said === '' ? '' : `: ${said}`}` };
  } finally {
    clearTimeout(timer);
  }
}

/** The beginning of what a probe says, also while it still speaks. */
class KeptOutput {
  readonly #chunks: Buffer[] = [];
  #size = 0;

  /** Resolves at the end of the output. */
  async read(process: Process): Promise<void> {
    await using attachment = await process.attach({ stdin: false, stdout: true, stderr: true });
    for await (const { bytes } of attachment.output) {
      if (this.#size < keptOutput) this.#chunks.push(Buffer.from(bytes));
      this.#size += bytes.length;
    }
  }

  text(): string {
    const text = Buffer.concat(this.#chunks).subarray(0, keptOutput).toString('utf8');
    return this.#size > keptOutput ? `${text}...` : text;
  }
}
