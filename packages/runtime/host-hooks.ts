/** Hooks of the host's side (OCI runtime-spec config.md "POSIX-platform Hooks"): run in our own namespaces, one after another. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { errnoOf, Internal, messageOf } from '#base';
import { pipe, reasonOf } from '#kernel';
import type { OciHook, OciHookPoint, OciSpec } from '#spec';
import { launchPoints } from './compile/hooks.ts';

/** OCI runtime-spec runtime.md "State". */
export interface HookState {
  readonly ociVersion: string;
  readonly id: string;
  readonly status: 'creating' | 'created' | 'running' | 'stopped';
  /** Left out when there is no process any more. */
  readonly pid?: number;
  readonly bundle: string;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

/** Those that run while the container is being made. Throws Internal. */
export async function runLaunchHooks(spec: OciSpec, { id, pid, bundle }: { readonly id: string; readonly pid: number; readonly bundle: string }): Promise<void> {
  const state = { ociVersion: spec.ociVersion, id, status: 'creating', pid, bundle, annotations: spec.annotations } as const;
  for (const point of launchPoints) await runHooks(point, spec.hooks?.[point] ?? [], state);
}

/** Each has `state` on its stdin. Throws Internal, with what the hook printed, at the first that fails. */
export async function runHooks(point: OciHookPoint, hooks: readonly OciHook[], state: HookState): Promise<void> {
  for (const [index, hook] of hooks.entries()) {
    const failure = await runHook(hook, JSON.stringify(state));
    if (failure) throw new Internal(`error running ${point} hook #${index}: ${failure}`);
  }
}

/** What a hook prints is told where it fails: no more of it than this is kept, and no longer waited for. */
const MOST_BYTES = 64 << 10;
const LINGER = 1000;

/** What went wrong, or undefined. A hook that says no environment has ours, as with runC. */
async function runHook({ path, args = [], env, timeout }: OciHook, state: string): Promise<string | undefined> {
  const pairs = env?.map((pair) => [pair.split('=', 1)[0] ?? '', pair.slice(pair.indexOf('=') + 1)]);
  using streams = new HookStreams();
  const child = spawn(path, args.slice(1), { ...(args[0] !== undefined && { argv0: args[0] }), env: pairs ? Object.fromEntries(pairs) : process.env, stdio: streams.theirs });
  streams.handOver();
  const late = timeout ? setTimeout(() => child.kill('SIGKILL'), timeout * 1000) : undefined;
  streams.stdin.on('error', () => undefined); // a hook need not read it
  streams.stdin.end(state);
  const output = streams.outputs.map(beginningOf);
  const closed = Promise.all(streams.outputs.map((stream) => new Promise((resolve) => stream.once('close', resolve))));
  try {
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    if (code === 0) return undefined;
    if (signal && child.killed) return `hook ran past specified timeout of ${timeout?.toFixed(1)}s`;
    await Promise.race([closed, sleep(LINGER, undefined, { ref: false })]); // who came of it may hold its output open
    const [stdout, stderr] = output.map((told) => told());
    return `${signal ? `signal: ${signal}` : `exit status ${code}`}, stdout: ${stdout}, stderr: ${stderr}`;
  } catch (error) {
    return errnoOf(error) ? `fork/exec ${path}: ${reasonOf(error)}` : messageOf(error);
  } finally {
    clearTimeout(late);
  }
}

/** A hook's three streams: pipes, since a script may open them by name. */
class HookStreams implements Disposable {
  readonly #ends: DisposableStack;
  readonly #lent: DisposableStack;
  /** The hook's ends, until they are handed over. */
  readonly theirs: [number, number, number];
  readonly stdin: Socket;
  readonly outputs: readonly [Socket, Socket];

  constructor() {
    using ends = new DisposableStack();
    using lent = new DisposableStack();
    const open = (ours: 'read' | 'write'): { own: Socket; its: number } => {
      const made = pipe();
      const its = lent.adopt(ours === 'read' ? made.write : made.read, closeSync);
      const own = ends.adopt(new Socket({ fd: made[ours], readable: ours === 'read', writable: ours === 'write' }), (socket) => socket.destroy());
      return { own, its };
    };
    const [input, output, errors] = [open('write'), open('read'), open('read')];
    this.theirs = [input.its, output.its, errors.its];
    this.stdin = input.own;
    this.outputs = [output.own, errors.own];
    this.#ends = ends.move();
    this.#lent = lent.move();
  }

  /** Closes the hook's ends here: it has them. */
  handOver(): void {
    this.#lent.dispose();
  }

  [Symbol.dispose](): void {
    this.#lent.dispose();
    this.#ends.dispose();
  }
}

/** Reads all of a stream and keeps its beginning, which the result gives. */
function beginningOf(stream: Readable): () => string {
  const kept: Buffer[] = [];
  let left = MOST_BYTES;
  stream.on('data', (chunk: Buffer) => {
    if (left > 0) kept.push(chunk.subarray(0, left));
    left -= chunk.length;
  });
  return () => Buffer.concat(kept).toString();
}
