/** A narud that can be told to die, or to kill, just before the n-th effect of what it does next. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { call, type Answer } from '../../support/api.ts';
import { Hopeless, ok, root, until } from '../../support/command.ts';
import { busyboxTar } from '../../support/images.ts';
import type { Count, Victim } from './fail-point.ts';
import { childrenOf, kill, shimsOf } from './holders.ts';

/** Where the bundles are: this checkout's, unless told. */
const dist = process.env['NARU_DIST'] ?? join(root, 'dist');

/** Nothing a daemon does for one request takes longer, on a machine however busy. */
const PATIENCE = 240_000;

/** A shim that holds a task, and what it has made of it. */
export interface Holder {
  readonly pid: number;
  readonly processes: readonly number[];
}

export class MortalDaemon implements AsyncDisposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'naru-mortal-'));
  readonly host = `unix://${this.directory}/naru.sock`;
  readonly cgroupParent = `/naru-mortal-${process.pid}-${Math.random().toString(36).slice(2, 8)}`;
  log = '';
  readonly #flags: readonly string[];
  #child: ChildProcess | undefined;

  private constructor(flags: readonly string[]) {
    this.#flags = flags;
  }

  static async start(...flags: string[]): Promise<MortalDaemon> {
    const daemon = new MortalDaemon(flags);
    try {
      await daemon.up();
      await ok(join(root, 'bin/naru'), ['import', await busyboxTar(), 'busybox'], { env: { DOCKER_HOST: daemon.host } });
    } catch (error) {
      await daemon.crash();
      throw error;
    }
    return daemon;
  }

  get execRoot(): string {
    return join(this.directory, 'exec');
  }

  get alive(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Starts it, again on the same roots after it died. */
  async up(): Promise<void> {
    this.#spawn();
    await until('narud answers', async () => {
      if (!this.alive) throw new Hopeless(`narud ended:\n${this.log}`);
      return (await call(this, 'GET', '/_ping')).status === 200;
    });
  }

  /** As `up`, armed from its first effect on: it may die before it answers. */
  async upUntil(at: number): Promise<void> {
    this.#spawn({ NARU_FAIL_POINT: String(at) });
    await until('narud answers or dies', async () => !this.alive || (await call(this, 'GET', '/_ping')).status === 200);
  }

  #spawn(env: Readonly<Record<string, string>> = {}): ChildProcess {
    const at = (name: string) => join(this.directory, name);
    const flags = ['--host', this.host, '--data-root', at('data'), '--exec-root', this.execRoot, '--pidfile', at('pid'), '--cgroup-parent', this.cgroupParent, ...this.#flags];
    const failPoint = join(import.meta.dirname, 'fail-point.ts');
    const child = spawn(process.execPath, ['--import', failPoint, join(dist, 'narud.js'), ...flags], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], env: { ...process.env, ...env } });
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (this.log += chunk.toString()));
    child.on('error', () => undefined); // its channel, when it dies; `alive` tells
    this.#child = child;
    return child;
  }

  /** From now on effects are counted; just before the `at`-th `victim` dies. */
  async arm(victim: Victim, at: number): Promise<void> {
    await this.#order(victim, at);
  }

  /** No more dying; tells how many effects there were since `arm`. Undefined when it has died. */
  async disarm(): Promise<Count | undefined> {
    return this.alive ? this.#order('daemon', 0) : undefined;
  }

  async #order(victim: Victim, at: number): Promise<Count | undefined> {
    const child = this.#child;
    if (!child?.connected) return undefined;
    const settled = new AbortController();
    const { signal } = settled;
    const died = once(child, 'exit', { signal }).then(() => undefined);
    const told = once(child, 'message', { signal }).then(([count]) => count as Count);
    child.send({ victim, at, execRoot: this.execRoot }, () => undefined);
    const answer = await Promise.race([told, died]);
    settled.abort();
    await Promise.allSettled([told, died]);
    return answer;
  }

  /** One request; undefined when the daemon died over it. */
  async ask(method: string, path: string, body?: object): Promise<Answer | undefined> {
    const late = AbortSignal.timeout(PATIENCE);
    const stuck = once(late, 'abort').then(() => {
      throw new Error(`${method} ${path} hangs\n${this.log}`);
    });
    const answer = call(this, method, path, body).catch(async (error: unknown) => {
      await until('its end', async () => !this.alive).catch(() => { throw error; });
      return undefined;
    });
    return Promise.race([answer, stuck]);
  }

  /** The body of an answer that must be 200. */
  async read<T>(path: string): Promise<T> {
    const answer = await this.ask('GET', path);
    if (answer?.status !== 200) throw new Error(`GET ${path}: ${answer?.text ?? 'the daemon died'}`);
    return answer.json() as T;
  }

  /** kill -9. */
  async crash(): Promise<void> {
    const child = this.#child;
    if (!child || !this.alive) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  holders(): Holder[] {
    return shimsOf(this.execRoot).map((pid) => ({ pid, processes: childrenOf(pid) }));
  }

  /** kill -9 for every shim that holds a task, or for all that the shims have made. */
  killHolders(victim: Exclude<Victim, 'daemon'>): void {
    for (const { pid, processes } of this.holders()) for (const each of victim === 'shim' ? [pid] : processes) kill(each);
  }

  /** What there is of containers outside the daemon: tasks, cgroups, processes, directories. Spare shims do not count. */
  traces(): string[] {
    const tasks = names(join(this.execRoot, 'tasks')).map((name) => `task ${name}`);
    const directories = names(join(this.directory, 'data/containers')).map((name) => `directory ${name}`);
    const cgroups = names('/sys/fs/cgroup').flatMap((hierarchy) => names(join('/sys/fs/cgroup', hierarchy, this.cgroupParent), true).filter((name) => !name.startsWith('spare-')).map((name) => `cgroup ${hierarchy} ${name}`));
    const processes = names('/proc').filter((pid) => /^\d+$/.test(pid) && holds(pid, this.execRoot)).map((pid) => `process ${pid} ${commandOf(pid)}`);
    const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n').filter((line) => line.includes(this.directory)).map((line) => `mount ${line.split(' ')[4] ?? ''}`);
    return [...tasks, ...directories, ...cgroups, ...processes, ...mounts];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.disarm();
    if (!this.alive) await this.up();
    const all = (await call(this, 'GET', '/containers/json?all=1')).json() as { Id: string }[];
    for (const { Id } of all) await call(this, 'DELETE', `/containers/${Id}?force=1&v=1`);
    const child = this.#child;
    const ended = child && once(child, 'exit');
    child?.kill('SIGTERM');
    await ended;
    rmSync(this.directory, { recursive: true, force: true });
  }
}

function names(directory: string, onlyDirectories = false): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true }).filter((entry) => !onlyDirectories || entry.isDirectory()).map((entry) => entry.name);
  } catch {
    return []; // not there
  }
}

/** A shim with a task in its command line; a spare that has become one has lost its directory, which then is no task's. */
function holds(pid: string, execRoot: string): boolean {
  return commandOf(pid).includes(`${execRoot}/tasks/`);
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}
