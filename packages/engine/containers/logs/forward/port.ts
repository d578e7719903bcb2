/**
 * Log drivers that hand a container's output to somebody else. The shim always writes the json-file log; a *forwarder*
 * reads from it and gives lines to a *receiver*, one for each driver. So a container never waits for a receiver, and
 * what is written while the daemon is down is delivered when it is back.
 *
 *   container ─▶ shim ─▶ json-file log ─▶ forwarder (position in the store) ─▶ receiver ─▶ syslog, journal, …
 *
 * A position is stored after the lines before it were taken: a daemon that dies in between delivers a batch twice,
 * never not at all.
 */
import type { ContainerRecord } from '../../record.ts';

export interface LogLine {
  readonly stream: 1 | 2;
  /** Without the newline. */
  readonly text: string;
  /** Nanoseconds since the epoch. */
  readonly time: bigint;
  /** A piece of a line that was longer than 16 KB. */
  readonly partial: Partial | undefined;
}

export interface Partial {
  /** The same for all pieces of a line. */
  readonly id: string;
  /** Counted from 1. */
  readonly ordinal: number;
  readonly last: boolean;
}

export interface LogReceiver extends Disposable {
  /** Resolves when they are taken; rejects when they are not: the same lines come again later. */
  send(lines: readonly LogLine[]): Promise<void>;
}

/** What receivers tell about the container beside its lines. */
export interface LogIdentity {
  readonly containerId: string;
  readonly containerName: string;
  readonly imageId: string;
  readonly imageName: string;
  readonly command: string;
  /** Milliseconds since the epoch. */
  readonly created: number;
  readonly hostname: string;
  /** As the `tag` option's template makes it. */
  readonly tag: string;
  /** Labels and variables that the options name. */
  readonly extra: ReadonlyMap<string, string>;
}

/** The forwarders of all containers, as the rest of the engine tells them what happens. */
export interface LogForwarding extends Disposable {
  /** Throws when the driver cannot work on this host. Called before a start: nothing is sent yet. */
  check(record: ContainerRecord): void;
  /** A run begins, or goes on under a new daemon. Never throws: what fails is logged. */
  begin(record: ContainerRecord): void;
  /** A run has ended. */
  end(id: string): void;
  /** The container is about to go with its log: what is left gets a moment, and after that is offered from files held open. */
  leave(id: string): Promise<void>;
}

export type LogOptions = Readonly<Record<string, string>>;
