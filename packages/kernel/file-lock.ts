/** Advisory locks on whole files (flock(2)): held by a descriptor, so the kernel gives them back also after kill -9. */
import { closeSync, openSync } from 'node:fs';
import { bind, check, SystemError } from './libc.ts';

const LOCK_EX = 2;
const LOCK_NB = 4;

const flock = bind<(fd: number, operation: number) => number>('int flock(int fd, int operation)');

/** Takes the lock of the file at `path`, made when missing; undefined when another process holds it. */
export function lockFile(path: string): Disposable | undefined {
  const fd = openSync(path, 'a', 0o600);
  try {
    check('flock', flock(fd, LOCK_EX | LOCK_NB), path);
  } catch (error) {
    closeSync(fd);
    if (error instanceof SystemError && error.code === 'EAGAIN') return undefined;
    throw error;
  }
  return { [Symbol.dispose]: () => closeSync(fd) };
}
