/** The socket that a terminal's master goes to, by a path that fits a socket's address (unix(7): 108 bytes with the NUL). */
import { rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

const LONGEST = 107;

export interface ConsoleSocket extends Disposable {
  /** For a shim that works in the container's directory. */
  readonly path: string | undefined;
}

/** A longer path is reached by a link in `directory`, which goes with the socket's disposal. */
export function consoleSocketIn(directory: string, path: string | undefined): ConsoleSocket {
  if (!path || Buffer.byteLength(path) <= LONGEST) return { path, [Symbol.dispose]: () => undefined };
  const name = `console-${process.pid}`;
  symlinkSync(path, join(directory, name));
  return { path: name, [Symbol.dispose]: () => rmSync(join(directory, name), { force: true }) };
}
