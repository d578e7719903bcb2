/**
 * The one door to libc: functions bound by FFI, errors read from errno at once (before anything allocates) and thrown
 * as Node-style system errors, so that callers test `error.code === 'ENOENT'` whoever made the call.
 */
import { getSystemErrorName, promisify } from 'node:util';
import { messageOf } from '#base';
import { koffi, type SharedLibrary } from './koffi.ts';

let opened: SharedLibrary | undefined;
const libc = (): SharedLibrary => (opened ??= koffi.load('libc.so.6'));

/** A failed system call. `errno` is positive, `code` its name ("EPERM"). */
export class SystemError extends Error {
  readonly errno: number;
  readonly code: string;
  readonly syscall: string;

  constructor(syscall: string, errno: number, detail = '') {
    const code = getSystemErrorName(-errno);
    super(`${syscall}${detail ? ` ${detail}` : ''}: ${strerror(errno)}`);
    this.name = 'SystemError';
    this.errno = errno;
    this.code = code;
    this.syscall = syscall;
  }
}

/** Binds a C prototype such as `int umount2(const char *target, int flags)` at its first call; the result is libc's own, unchecked. */
export function bind<F extends (...args: never[]) => unknown>(prototype: string): F {
  let bound: F | undefined;
  return ((...args) => (bound ??= libc().func<F>(prototype))(...args)) as F;
}

interface Asynchronous {
  readonly async: (...args: unknown[]) => void;
}

/** As `bind`, for calls that take their time: in a thread of the pool. What the arguments point to must stay until it resolves. */
export function bindInThread<Arguments extends unknown[]>(prototype: string): (...args: Arguments) => Promise<number> {
  let bound: ((...args: Arguments) => Promise<number>) | undefined;
  return (...args) => (bound ??= promisify((libc().func<never>(prototype) as unknown as Asynchronous).async))(...args);
}

/** Throws SystemError when `result` is negative. `detail` names the object, for the message. */
export function check(syscall: string, result: number, detail?: string): number {
  if (result < 0) throw new SystemError(syscall, koffi.errno(), detail);
  return result;
}

const strerrorOf = bind<(errno: number) => string>('const char *strerror(int errnum)');

/** The C library's sentence for an errno, in lower case as Go prints it ("no such file or directory"). */
export function strerror(errno: number): string {
  const text = strerrorOf(errno);
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** The sentence for the errno of a failed call, Node's or ours; the message of any other error. */
export function reasonOf(error: unknown): string {
  const errno = error instanceof Error && 'errno' in error ? Number(error.errno) : 0;
  return errno ? strerror(Math.abs(errno)) : messageOf(error);
}

/** Where `bytes` lie in memory, for structures that hold pointers. The caller keeps `bytes` alive over the call. */
export function addressOf(bytes: Uint8Array): bigint {
  return koffi.address(bytes);
}
