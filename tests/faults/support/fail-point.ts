/**
 * Loaded into a narud of a test's own before anything else (`node --import`): counts every effect that the process has on
 * the world, and when told so over its IPC channel kills just before the n-th one. Effects are what changes something
 * outside the process: files, the database, sockets, and system calls by FFI. Production code knows nothing of it.
 */
import fs from 'node:fs';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { Socket } from 'node:net';
import { StatementSync } from 'node:sqlite';
import { isMainThread } from 'node:worker_threads';
import { childrenOf, kill, shimsOf } from './holders.ts';

/** Who dies: the daemon; the shim of every task; every process that a task's shim has made. */
export type Victim = 'daemon' | 'shim' | 'process';

/** `at` effects from now on; 0 never. */
export interface FailPoint {
  readonly victim: Victim;
  readonly at: number;
  readonly execRoot: string;
}

/** What a test hears back: the number of effects since the last order, and what the last one was. */
export interface Count {
  readonly count: number;
  readonly last: string;
}

/** Armed from the start on, when told so. */
const atStart = Number(process.env['NARU_FAIL_POINT'] ?? 0);
let order: FailPoint | undefined = atStart > 0 ? { victim: 'daemon', at: atStart, execRoot: '' } : undefined;
let count = 0;
let last = '';

function effect(name: string): void {
  if (!order) return;
  count += 1;
  if (count !== order.at) {
    last = name;
    return;
  }
  const { victim, execRoot } = order;
  process.stderr.write(`fail point: ${victim} dies before effect ${count}, ${name}\n`);
  if (victim === 'daemon') process.kill(process.pid, 'SIGKILL');
  for (const pid of victim === 'shim' ? shimsOf(execRoot) : shimsOf(execRoot).flatMap(childrenOf)) kill(pid);
}

/** Puts `effect` before a method; callers that come by an old reference are told by `syncBuiltinESMExports`. */
function watch(owner: object, method: string): void {
  const original: unknown = Reflect.get(owner, method);
  if (typeof original !== 'function') throw new Error(`fail point: no ${method} to watch`);
  Reflect.set(owner, method, new Proxy(original, { apply: (target, self: unknown, args: unknown[]) => (effect(method), Reflect.apply(target, self, args)) }));
}

/** Of the functions called by FFI those that only look are left out. */
const looks = /\b(strerror|strlen|getsockopt|getsockname|fstat|statx?|readlink\w*|recv\w*|poll|waitpid|nft_ctx_get\w*)\s*\(/;

function watchForeign(): void {
  const koffi = createRequire(import.meta.url)(`@koromix/koffi-linux-${process.arch}`) as { load(name: string): { func(prototype: string): (...args: unknown[]) => unknown } };
  const load = koffi.load.bind(koffi);
  koffi.load = (name) => {
    const library = load(name);
    return { ...library, func: (prototype: string) => (looks.test(prototype) ? library.func(prototype) : foreign(library.func(prototype), prototype)) };
  };
}

function foreign(call: (...args: unknown[]) => unknown, prototype: string): (...args: unknown[]) => unknown {
  const name = /(\w+)\s*\(/.exec(prototype)?.[1] ?? prototype;
  return new Proxy(call, { apply: (target, self: unknown, args: unknown[]) => (effect(name), Reflect.apply(target, self, args)) });
}

if (isMainThread) {
  for (const method of ['mkdirSync', 'writeFileSync', 'writeSync', 'renameSync', 'rmSync', 'rmdirSync', 'symlinkSync', 'unlinkSync', 'rename', 'rmdir', 'mkdir', 'rm']) watch(fs, method);
  for (const method of ['mkdir', 'writeFile', 'rename', 'rm', 'rmdir', 'symlink', 'unlink']) watch(fs.promises, method);
  syncBuiltinESMExports();
  watch(Socket.prototype, 'write');
  watch(StatementSync.prototype, 'run');
  watchForeign();
  process.on('message', (message: FailPoint) => {
    const said: Count = { count, last };
    order = message.at > 0 ? message : undefined;
    count = 0;
    process.send?.(said);
  });
  process.channel?.unref();
}
