/**
 * Launches for a command line: the processes have its own stdio and become children of whoever reaps it, no shim stays
 * with them. What a shim would be told is told by a fifo beside the container's state.
 */
import { type Operation, StdioFlag } from '#shim';

interface DirectStdio {
  /** The terminal is held here until it is attached to; otherwise the process has our own stdio. */
  readonly terminal: boolean;
  /** Who gets the terminal's master instead. */
  readonly consoleSocket: string | undefined;
  /** How many of our descriptors from 3 on the process has. */
  readonly preserved: number;
  /** It stays in the caller's session keyring. */
  readonly keepKeyring: boolean;
}

export interface DirectLaunch extends DirectStdio {
  /** A byte written there starts the program. */
  readonly fifo: string;
}

export interface DirectExec extends DirectStdio {
  /** Of the container's first process. */
  readonly pid: number;
}

export function compileDirectStdio({ terminal, consoleSocket, preserved }: DirectStdio): Operation[] {
  const held = consoleSocket ? 0 : StdioFlag.hold;
  return [
    { op: 'stdio', flags: terminal ? StdioFlag.terminal | held : StdioFlag.inherit },
    ...(terminal && consoleSocket ? [{ op: 'console-socket', path: consoleSocket } as const] : []),
    ...(preserved > 0 ? [{ op: 'preserve', count: preserved } as const] : []),
  ];
}

/** One for all processes of a container: without it they would hold the keys of whoever made them. */
export function sessionKeyring(id: string): Operation {
  return { op: 'keyring', name: `_ses.${id}` };
}
