/** What a command of `naru-runtime` is, and what it works with. */
import type { Runtime, Task } from '../port.ts';
import type { FlagSpec } from './arguments.ts';

export interface Invocation {
  readonly runtime: Runtime;
  /** `--root`: where the states of containers lie. */
  readonly root: string;
  readonly rest: readonly string[];
  text(flag: string): string | undefined;
  list(flag: string): readonly string[];
  isSet(flag: string): boolean;
  /** The one container id that the command takes; throws InvalidArgument when there is none. */
  id(): string;
  /** Its task; throws NotFound in runC's words. */
  task(): Promise<Task>;
}

export interface Command {
  readonly usage: string;
  readonly help: string;
  readonly flags: readonly FlagSpec[];
  /** Resolves with the exit code. */
  run(invocation: Invocation): Promise<number>;
}
