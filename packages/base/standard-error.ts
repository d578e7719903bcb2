import { EventEmitter } from 'node:events';
import { writeSync } from 'node:fs';
import type { WriteStream } from 'node:tty';

/**
 * Puts something simple in the place of `process.stderr`, enough for Node's own warnings, and gives what makes the stream. Node makes it
 * in every process that closes a socket (net.Socket's `_destroy` compares itself with it): a millisecond of a short command.
 */
export function plainStandardError(): () => WriteStream & { fd: 2 } {
  const make = Object.getOwnPropertyDescriptor(process, 'stderr')?.get;
  const plain = Object.assign(new EventEmitter(), { write: (text: string) => writeSync(2, text) > 0 });
  Object.defineProperty(process, 'stderr', { value: plain, configurable: true });
  return () => make?.call(process) as WriteStream & { fd: 2 };
}
