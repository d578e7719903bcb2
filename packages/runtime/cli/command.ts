/** What a command of `naru-runtime` is, and what it works with. */
import type { Container } from '../direct/container.ts';
import type { FlagSpec } from './arguments.ts';
import type { Log } from './log.ts';

export interface Invocation {
  /** `--root`: where the states of containers lie. */
  readonly root: string;
  /** The naru-shim program. */
  readonly shimPath: string;
  /** The criu program, for checkpoint and restore. */
  readonly criu: string;
  /** `--systemd-cgroup`. */
  readonly systemd: boolean;
  readonly log: Log;
  readonly rest: readonly string[];
  text(flag: string): string | undefined;
  list(flag: string): readonly string[];
  isSet(flag: string): boolean;
  /** A whole number; 0 when the flag is not given. Throws InvalidArgument for anything else. */
  number(flag: string): number;
  /** The container id that the command takes. */
  id(): string;
  /** Its container; throws NotFound in runC's words. */
  container(): Container;
}

export interface Command {
  readonly usage: string;
  readonly help: string;
  readonly flags: readonly FlagSpec[];
  /** How many words follow the flags, at least and at most. */
  readonly takes: readonly [least: number, most: number];
  /** What follows its first word is another's: no flags of its own are looked for there. */
  readonly passesWords?: boolean;
  /** Before the message of whatever goes wrong: `runc create failed`. */
  readonly failure?: string;
  /** Exit code of a failure; 1 when not given. */
  readonly failureCode?: number;
  /** Resolves with the exit code. */
  run(invocation: Invocation): Promise<number>;
}
