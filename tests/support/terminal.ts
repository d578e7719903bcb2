/**
 * A command on a real pty, typed at by the test. `script` (Debian's bsdutils, always there) makes the pty; its size is
 * set from outside with stty on the slave's name, which sends SIGWINCH as a resized window would.
 */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { ok, until } from './command.ts';

export class Terminal implements AsyncDisposable {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #closed: Promise<number>;
  #screen = '';
  #read = 0;

  constructor(command: string, args: readonly string[], env: NodeJS.ProcessEnv) {
    const line = [command, ...args].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
    this.#child = spawn('script', ['--quiet', '--flush', '--return', '--command', `stty cols 80 rows 24; exec ${line}`, '/dev/null'], {
      env: { ...process.env, TERM: 'xterm', ...env, SHELL: '/bin/sh' },
    });
    this.#child.stdin.on('error', () => {}); // typing at a command that has ended
    this.#child.stdout.on('data', (chunk: Buffer) => (this.#screen += chunk.toString()));
    this.#child.stderr.on('data', (chunk: Buffer) => (this.#screen += chunk.toString()));
    this.#closed = once(this.#child, 'close').then(([code]) => (code as number | null) ?? 128);
  }

  /** Everything shown so far. */
  get screen(): string {
    return this.#screen;
  }

  type(text: string): void {
    this.#child.stdin.write(text);
  }

  /** Waits until what was shown since the last `expect` matches, and moves past the match. */
  async expect(pattern: RegExp, seconds = 120): Promise<string> {
    return until(`terminal shows ${pattern}`, async () => {
      const match = pattern.exec(this.#screen.slice(this.#read));
      if (!match) return undefined;
      this.#read += match.index + match[0].length;
      return match[0];
    }, seconds).catch((error: unknown) => {
      throw new Error(`${String(error)}; the screen:\n${this.#screen}`);
    });
  }

  /** Resizes the window. */
  async resize(columns: number, rows: number): Promise<void> {
    const slave = await until('pty of the command', async () => this.#slave());
    await ok('stty', ['-F', slave, 'cols', String(columns), 'rows', String(rows)]);
  }

  /** The exit code of the command, once it has ended. */
  async exit(seconds = 120): Promise<number> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(new Error(`still running after ${seconds} s; the screen:\n${this.#screen}`)), seconds * 1000);
    try {
      return await Promise.race([this.#closed, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#closed;
  }

  #slave(): string | undefined {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      try {
        const parent = /^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
        const stdin = Number(parent) === this.#child.pid ? readlinkSync(`/proc/${pid}/fd/0`) : '';
        if (stdin.startsWith('/dev/pts/')) return stdin;
      } catch {
        continue; // the process ended while we looked
      }
    }
    return undefined;
  }
}
