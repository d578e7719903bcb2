/** Descriptors watched by the event loop (libuv's uv_poll_t). */
import { koffi } from './koffi.ts';

/**
 * Calls `ready` while the descriptor has something to read, until disposed of; again is fine. Keeps no process alive,
 * and never closes the descriptor.
 */
export function watchReadable(fd: number, ready: () => void): Disposable {
  const poll = koffi.node.poll(fd, { readable: true }, () => {
    ready();
    // A call that comes from libuv straight ends without running what it promised; an immediate, however empty, runs it.
    setImmediate(nothing);
  });
  poll.unref();
  let open = true;
  const close = (): void => {
    if (open) poll.close();
    open = false;
  };
  return { [Symbol.dispose]: close };
}

function nothing(): void {}
