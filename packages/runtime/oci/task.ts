/** A task that another OCI runtime made: the shim holds it like one of ours, the runtime is asked for what it knows how to do. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Internal, InvalidArgument, isKind, NotImplemented, type NaruError } from '#base';
import type { Failure, LaunchPlan } from '#shim';
import type { OciProcess, OciResources } from '#spec';
import type { TaskParts } from '../plan/process.ts';
import { PlanTask } from '../plan/task.ts';
import type { StdioOptions } from '../port.ts';
import { callBinary, environment, lastError, wordsOf, type BinaryCall } from './binary.ts';
import { compileAdoptExec } from './compile.ts';

export class OciTask extends PlanTask {
  readonly #stateRoot: string;

  constructor(parts: TaskParts, stateRoot: string) {
    super(parts);
    this.#stateRoot = stateRoot;
  }

  override async start(): Promise<void> {
    try {
      await super.start();
    } catch (error) {
      const said = (isKind(error, 'NotFound') || isKind(error, 'Internal')) && lastError(this.#call('runtime.log').log);
      throw said ? new Internal(`OCI runtime start failed: ${said}: unknown`, { cause: error }) : error;
    }
  }

  protected override compileExec(execId: string, process: OciProcess, stdio: StdioOptions): LaunchPlan {
    const { directory, record } = this.parts;
    const names = execNames(execId);
    const whole = { ...process, terminal: stdio.terminal, capabilities: process.capabilities ?? record.capabilities };
    writeFileSync(join(directory, names.process), JSON.stringify(whole), { mode: 0o600 });
    const console_ = stdio.terminal ? ['--console-socket', names.socket] : [];
    const words = wordsOf(this.#call(names.log), 'exec', '--detach', '--process', join(directory, names.process), '--pid-file', names.pid, ...console_, record.id);
    return compileAdoptExec({ stdio, words, environment: environment(), pidFile: names.pid, consoleSocket: names.socket });
  }

  override async exec(execId: string, process: OciProcess, stdio: StdioOptions) {
    try {
      return await super.exec(execId, process, stdio);
    } finally {
      for (const name of Object.values(execNames(execId))) rmSync(join(this.parts.directory, name), { force: true });
    }
  }

  protected override execFailure(execId: string, plan: LaunchPlan, failure: Failure): NaruError {
    const said = lastError(this.#call(execNames(execId).log).log);
    return said ? new InvalidArgument(`OCI runtime exec failed: ${said}: unknown`) : super.execFailure(execId, plan, failure);
  }

  /** A seed enters cgroups ahead of a plan of ours, which there is none of here. */
  protected override async plantSeed(): Promise<void> {}

  protected override setFrozen(frozen: boolean): Promise<void> {
    return this.#ask([frozen ? 'pause' : 'resume', this.id]);
  }

  override checkpoint(): Promise<void> {
    return Promise.reject(new NotImplemented('not implemented: checkpoints of containers with a runtime of their own'));
  }

  override async update(resources: OciResources): Promise<void> {
    try {
      await this.#ask(['update', '--resources', '-', this.id], JSON.stringify(resources));
    } finally {
      this.parts.cgroup.changed();
    }
  }

  protected override releaseMore(): Promise<void> {
    return this.#ask(['delete', '--force', this.id]);
  }

  async #ask(words: readonly string[], input?: string): Promise<void> {
    if (this.parts.record.runtime) await callBinary(this.#call('runtime.log'), words, input);
  }

  #call(log: string): BinaryCall {
    const { directory, record } = this.parts;
    return { binary: record.runtime ?? { path: '', args: [] }, stateRoot: this.#stateRoot, log: join(directory, log) };
  }
}

/** In the task's directory, which the runtime works in: a socket's whole path may be longer than its address can be. */
function execNames(execId: string) {
  return { process: `exec-${execId}.json`, pid: `exec-${execId}.pid`, log: `exec-${execId}.log`, socket: `x-${execId.slice(0, 16)}.sock` };
}
