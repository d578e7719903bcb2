/** Runs commands the way a person would, and tells what they printed. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';

/** The checkout's root, for finding `bin/`. */
export const root = resolve(import.meta.dirname, '..', '..');

export interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly input?: string | Uint8Array;
  /** Milliseconds before the command is killed; 240,000 unless told: longer than any takes on a machine however busy. */
  readonly timeout?: number;
}

/** Runs to the end and collects output; a command that outlives `timeout` is killed and reported as code 124. */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Result> {
  const child = spawn(command, args, { env: { ...process.env, ...options.env }, cwd: options.cwd, stdio: 'pipe' });
  const output = [child.stdout, child.stderr].map(async (stream) => Buffer.concat(await stream.toArray()).toString());
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill('SIGKILL');
  }, options.timeout ?? 240_000);
  child.stdin.on('error', () => {}); // a command that does not read its input closes it: its output tells the story
  child.stdin.end(options.input ?? '');
  const closed = once(child, 'close').finally(() => clearTimeout(timer)); // rejects at once when there is no such command
  const [code, signal] = (await closed) as [number | null, NodeJS.Signals | null];
  const [stdout = '', stderr = ''] = await Promise.all(output);
  return { code: late ? 124 : (code ?? (signal ? 128 : 1)), stdout, stderr };
}

/** Runs and throws, with everything printed, unless the exit code is 0. Returns stdout without the last newline. */
export async function ok(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const result = await run(command, args, options);
  if (result.code !== 0) {
    throw new Error(`${command} ${args.join(' ')}: exit ${result.code}\n${result.stdout}${result.stderr}`);
  }
  return result.stdout.replace(/\n$/, '');
}

/** Thrown by an attempt of `until`: what is waited for cannot come any more. */
export class Hopeless extends Error {}

/**
 * Tries `attempt` every 50 ms until it gives something other than undefined/false, or `seconds` have passed: many, for a
 * machine may be busy, and what comes at once costs none of them.
 */
export async function until<T>(what: string, attempt: () => Promise<T | undefined | false>, seconds = 120): Promise<T> {
  let last: unknown;
  for (const end = Date.now() + seconds * 1000; Date.now() < end; ) {
    try {
      const value = await attempt();
      if (value !== undefined && value !== false) return value;
    } catch (error) {
      if (error instanceof Hopeless) throw error;
      last = error;
    }
    await new Promise((wake) => setTimeout(wake, 50));
  }
  throw new Error(`${what}: not within ${seconds} s`, { cause: last });
}
