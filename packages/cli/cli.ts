/**
 * What a command works with: the three streams, the environment, the configuration, the engine. A test makes one of its
 * own; `bin/naru.ts` makes the real one.
 */
import { type EngineClient } from '#client';
import type { ConfigFile } from './config/config-file.ts';
import type { ConnectionChoice } from './config/connection.ts';
import type { GlobalOptions } from './global-options.ts';
import type { SignalHandler } from './terminal/signals.ts';
import type { Input, Output } from './terminal/streams.ts';

export interface Cli {
  /** The command's name in usage lines and messages: `naru`, or `docker` when called by that name. */
  readonly program: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: Input;
  readonly stdout: Output;
  readonly stderr: Output;
  /** `--config`, `--context`, `-H` and their like. */
  readonly globals: GlobalOptions;
  /** The configuration file, read when first asked for. */
  readonly config: ConfigFile;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Which context and host are in force. Throws InvalidArgument. */
  connection(): ConnectionChoice;
  /** The engine's client; nothing is sent before the first call. Throws as `connection`. */
  engine(): EngineClient;
  /** Aborts when the command is interrupted (Ctrl-C) or told to end. */
  readonly interrupted: AbortSignal;
  /** The name of the command that goes by `name` or has it as an alias; undefined where it is none of this command line's own. */
  builtIn(name: string): string | undefined;
  /**
   * Hands signals to `handler` instead of being interrupted by them, until disposed: all that can be handed on, or `signals` alone. The
   * others go on stopping and ending the command.
   */
  takeSignals(handler: SignalHandler, signals?: readonly NodeJS.Signals[]): Disposable;
}
