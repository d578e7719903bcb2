/**
 * Signals that come to the command. Ctrl-C and SIGTERM interrupt it, unless it has asked to hand signals on to a
 * container.
 */

import { writeSync } from 'node:fs';

/** Those that can be handed on; SIGWINCH has a way of its own, SIGCHLD, SIGPIPE and SIGURG are this process's. */
const forwarded: readonly NodeJS.Signals[] = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGUSR1', 'SIGUSR2', 'SIGALRM', 'SIGCONT', 'SIGTSTP', 'SIGTTIN', 'SIGTTOU'];

/** Those that interrupt a command. */
export const interrupts: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM'];

const numbers: Partial<Record<NodeJS.Signals, number>> = { SIGINT: 2, SIGTERM: 15 };

/** Hears signals; `ends` says that bringing the command to its end is somebody else's, however many come. */
export type SignalHandler = (signal: NodeJS.Signals) => 'ends' | void;

function leave(): never {
  writeSync(2, '\ngot 3 SIGTERM/SIGINTs, forcefully exiting\n');
  process.exit(1);
}

export class Signals {
  readonly #controller = new AbortController();
  #by: NodeJS.Signals | undefined;
  #taken: SignalHandler | undefined;
  #count = 0;

  /** Starts to listen for SIGINT and SIGTERM. The third one ends the process at once, unless who has taken them sees to its end. */
  constructor() {
    process.on('SIGUSR1', () => {}); // unheard it has Node open its debugger to every user of the machine
    for (const signal of interrupts) {
      process.on(signal, () => {
        const ends = this.#taken?.(signal) === 'ends';
        if (++this.#count === 3 && !ends) leave();
        if (this.#taken) return;
        this.#by ??= signal;
        this.#controller.abort();
      });
    }
  }

  /** Aborts when the command is interrupted. */
  get interrupted(): AbortSignal {
    return this.#controller.signal;
  }

  /** The exit code of an interrupted command: 128 and the signal's number; undefined when it was not. */
  get exitCode(): number | undefined {
    return this.#by === undefined ? undefined : 128 + (numbers[this.#by] ?? 0);
  }

  /** Hands interrupts, and whichever of `signals` are others, to `handler` instead, until disposed. */
  take(handler: SignalHandler, signals = forwarded): Disposable {
    this.#taken = handler;
    const others = signals.filter((signal) => !interrupts.includes(signal));
    for (const signal of others) process.on(signal, handler);
    return {
      [Symbol.dispose]: () => {
        this.#taken = undefined;
        for (const signal of others) process.off(signal, handler);
      },
    };
  }
}
