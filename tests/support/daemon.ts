/** A narud (or naru-registry) of the test's own: own directory, own socket, gone without a trace at the end. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { call } from './api.ts';
import { Hopeless, ok, root, run, until, type Result, type RunOptions } from './command.ts';
import { Terminal } from './terminal.ts';

/** Which client types the commands of a scenario. */
export type ClientName = 'docker' | 'naru';

export class Daemon implements AsyncDisposable {
  readonly directory: string;
  readonly host: string;
  readonly #flags: readonly string[];
  /** What stands before narud on its command line. */
  readonly #enter: readonly string[];
  #process: ChildProcess | undefined;
  #crashed = false;
  log = '';

  private constructor(directory: string, flags: readonly string[], enter: readonly string[]) {
    this.directory = directory;
    this.#enter = enter;
    this.host = `unix://${directory}/naru.sock`;
    this.#flags = flags;
  }

  /** Starts a daemon in a fresh directory and waits until it answers. */
  static async start(...flags: string[]): Promise<Daemon> {
    return Daemon.startIn(undefined, ...flags);
  }

  /** The same in the network namespace of a process, which is the host's then. */
  static async startIn(namespace: number | undefined, ...flags: string[]): Promise<Daemon> {
    return Daemon.#startBehind(namespace === undefined ? [] : ['nsenter', '-t', String(namespace), '-n'], flags);
  }

  /** The same where files of the host are others: `[what it reads, where that is shown]`, seen by this daemon alone. */
  static async startWith(files: readonly (readonly [source: string, target: string])[], ...flags: string[]): Promise<Daemon> {
    const mounts = files.map(([source, target]) => `mount --bind ${source} ${target}`);
    return Daemon.#startBehind(['unshare', '--mount', 'sh', '-c', [...mounts, 'exec "$@"'].join(' && '), 'sh'], flags);
  }

  static async #startBehind(enter: readonly string[], flags: readonly string[]): Promise<Daemon> {
    const daemon = new Daemon(await mkdtemp(join(tmpdir(), 'naru-test-')), flags, enter);
    try {
      await daemon.up();
    } catch (error) {
      await daemon.#end('SIGTERM'); // it answers nobody: there are no containers
      await rm(daemon.directory, { recursive: true, force: true });
      throw error;
    }
    return daemon;
  }

  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  /** Starts the process (again, on the same data). */
  async up(): Promise<void> {
    this.#crashed = false;
    const child = this.#spawn();
    await until('narud answers', async () => {
      this.#mustLive(child);
      return (await call(this, 'GET', '/_ping')).status === 200;
    }, 300).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${this.log}`, { cause: error });
    });
  }

  /** Has another process take over; resolves when that serves, with the end of the old one. */
  async handOver(): Promise<{ readonly ended: Promise<unknown> }> {
    const old = this.#process;
    const ended = old ? once(old, 'exit') : Promise.resolve();
    const child = this.#spawn('--takeover');
    await until('the new narud serves', async () => {
      this.#mustLive(child);
      return this.log.includes(`process ${child.pid} serves`);
    });
    return { ended };
  }

  #mustLive({ exitCode, signalCode }: ChildProcess): void {
    const end = exitCode ?? signalCode;
    if (end !== null) throw new Hopeless(`narud ended with ${end}:\n${this.log}`);
  }

  #spawn(...more: string[]): ChildProcess {
    const at = (name: string): string => join(this.directory, name);
    const flags = ['--host', this.host, '--data-root', at('data'), '--exec-root', at('exec'), '--pidfile', at('pid'), ...this.#flags, ...more];
    const [command = '', ...words] = [...this.#enter, join(root, 'bin/narud'), ...flags];
    const child = spawn(command, words, { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (this.log += chunk.toString()));
    this.#process = child;
    return child;
  }

  /** kill -9, as a crash would. */
  async crash(): Promise<void> {
    await this.#end('SIGKILL');
    this.#crashed = true;
  }

  /** SIGTERM, and wait for the end; throws when it had to be killed. */
  async down(): Promise<void> {
    if (await this.#end('SIGTERM')) throw new Error(`narud does not end\n${this.log}`);
  }

  get env(): NodeJS.ProcessEnv {
    return { DOCKER_HOST: this.host, DOCKER_BUILDKIT: '0', DOCKER_CONFIG: join(this.directory, 'config') };
  }

  /** One request to the Engine API, for what a test needs beside the client under test. Resolves with the body. */
  api(method: string, path: string): Promise<string> {
    return new Promise((resolve, reject) => {
      request({ socketPath: this.host.slice('unix://'.length), method, path, agent: false }, (response) => resolve(text(response)))
        .on('error', reject)
        .end();
    });
  }

  /** Runs a client command to its end. */
  run(client: ClientName, args: readonly string[], options: RunOptions = {}): Promise<Result> {
    return run(commandOf(client), args, { ...options, env: { ...this.env, ...options.env } });
  }

  /** Runs a client command that must succeed. */
  ok(client: ClientName, args: readonly string[], options: RunOptions = {}): Promise<string> {
    return ok(commandOf(client), args, { ...options, env: { ...this.env, ...options.env } });
  }

  /** Starts a client command on a pty. */
  terminal(client: ClientName, args: readonly string[]): Terminal {
    return new Terminal(commandOf(client), args, this.env);
  }

  /** Starts a client command that goes on in the background; the caller ends it. */
  background(client: ClientName, args: readonly string[]): ChildProcess {
    return spawn(commandOf(client), args, { env: { ...process.env, ...this.env }, stdio: ['pipe', 'pipe', 'pipe'] });
  }

  /** Removes every container, stops the daemon, removes its directory; one that was killed is started again for that. */
  async [Symbol.asyncDispose](): Promise<void> {
    let refusals: string[] = [];
    try {
      if (this.#crashed) await this.up();
      if (this.#process?.exitCode === null && this.#process.signalCode === null) refusals = await this.#removeContainers();
    } finally {
      await this.down().finally(() => this.#removeDirectory(refusals));
    }
  }

  /** A hook that fails is no test's failure: all that there is to find the cause by is told here. */
  async #removeDirectory(refusals: readonly string[]): Promise<void> {
    await rm(this.directory, { recursive: true, force: true }).catch((error: unknown) => {
      throw new Error(`what narud left cannot be removed: ${String(error)}\n${refusals.join('\n')}\n${this.log}`, { cause: error });
    });
  }

  /** What the daemon refused. */
  async #removeContainers(): Promise<string[]> {
    const containers = (await call(this, 'GET', '/containers/json?all=1')).json() as { Id: string }[];
    const answers = await Promise.all(containers.map(({ Id }) => call(this, 'DELETE', `/containers/${Id}?force=1&v=1`)));
    return answers.filter(({ status }) => status >= 400).map(({ status, text }) => `${status} ${text.trim()}`);
  }

  /** Kills what does not end in two minutes; tells whether that was needed. */
  async #end(signal: NodeJS.Signals): Promise<boolean> {
    const child = this.#process;
    this.#process = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return false;
    let late = false;
    const timer = setTimeout(() => (late = child.kill('SIGKILL')), 120_000);
    const closed = once(child, 'exit').finally(() => clearTimeout(timer));
    child.kill(signal);
    await closed;
    return late;
  }
}

/** The client's program: the checkout's own `naru`; the machine's `docker`, whose place `naru` takes where there is none. */
export function commandOf(client: ClientName): string {
  return client === 'docker' && dockerIsHere() ? 'docker' : join(root, 'bin/naru');
}

/** The clients of this machine: `naru` always; `docker` where it is installed (Debian's docker.io brings one). */
export function clients(): ClientName[] {
  return process.env['ONLY_DOCKER'] ? ['docker'] : dockerIsHere() ? ['docker', 'naru'] : ['naru'];
}

function dockerIsHere(): boolean {
  return (process.env['PATH'] ?? '').split(':').some((directory) => existsSync(join(directory, 'docker')));
}
