/** A naru-registry of the test's own on a free loopback port. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, until } from './command.ts';

export class Registry implements AsyncDisposable {
  readonly directory: string;
  readonly address: string;
  readonly #process: ChildProcess;

  private constructor(directory: string, address: string, process: ChildProcess) {
    this.directory = directory;
    this.address = address;
    this.#process = process;
  }

  static start(...flags: string[]): Promise<Registry> {
    return Registry.#start([], flags);
  }

  /** On the loopback of the network that the process `pid` has. */
  static startIn(pid: number): Promise<Registry> {
    return Registry.#start(['nsenter', '-t', String(pid), '-n'], []);
  }

  static async #start(before: readonly string[], flags: readonly string[]): Promise<Registry> {
    const directory = await mkdtemp(join(tmpdir(), 'naru-registry-'));
    const [command = '', ...args] = [...before, join(root, 'bin/naru-registry'), '--listen', '127.0.0.1:0', '--root', directory, ...flags];
    const child = spawn(command, args);
    let log = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (log += chunk.toString()));
    const address = await until('naru-registry listens', async () => {
      if (child.exitCode !== null) throw new Error(`naru-registry ended with ${child.exitCode}:\n${log}`);
      return /listening on (?:https?:\/\/)?(\S+:\d+)/.exec(log)?.[1];
    }).catch((error: unknown) => {
      child.kill('SIGKILL');
      throw error;
    });
    return new Registry(directory, address, child);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode === null) {
      const closed = once(this.#process, 'exit');
      this.#process.kill('SIGTERM');
      await closed;
    }
    await rm(this.directory, { recursive: true, force: true });
  }
}
