/**
 * How one narud hands everything over to the next, on the same roots, without a request lost.
 *
 *   new (`--takeover`)                                old
 *   ───────────────────────────────────────────────── ─────────────────────────────────────────────
 *   connects to <exec-root>/handover.sock
 *   "take over"                                   ──▶ serves on until no work is under way, then holds new requests,
 *                                                     retires: supervisor, timers, networks, runtime, store, lock
 *                                                 ◀── one byte with the listening sockets (SCM_RIGHTS)
 *                                                 ◀── {belongings}: what only memory knew
 *   takes the lock, opens the store, recovers,
 *   listens on <exec-root>/carried.sock
 *   "serving"                                     ──▶ carries what is left of its streams over: waits, events, stats,
 *                                                     attachments of containers that have not started
 *                                                 ◀── "settled"
 *                                                 ◀── {ends}: of execs, those that it alone was told of meanwhile
 *   accepts on the listening sockets                  lets held requests go, through carried.sock; ends with its last stream
 *
 * The store has one owner at every moment: the lock of the data root (flock(2)) is let go by the old one only after its
 * database is closed, and the new one opens nothing before it holds it. When the new one dies before "settled", the old
 * one ends as well: containers go on, and whoever starts narud again finds them.
 */
import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { ExecRequest } from '../exec/store.ts';
import type { HealthState } from '../containers/health-state.ts';

/** Where a running daemon is asked for a handover. */
export const handoverSocket = (execRoot: string): string => `${execRoot}/handover.sock`;
/** Where the newest daemon answers what older ones carry over. */
export const carriedSocket = (execRoot: string): string => `${execRoot}/carried.sock`;

/** What only the old daemon's memory knew. */
export interface Belongings {
  /** The addresses of the listening sockets, in the order in which they come. */
  readonly hosts: readonly string[];
  readonly pid: number;
  readonly execs: readonly CarriedExec[];
  /** Whose end, or removal, somebody waits for at an older daemon. */
  readonly waits: readonly CarriedWait[];
  readonly health: Readonly<Record<string, HealthState>>;
  /** A line of ExecEnds comes behind "settled", which a daemon that does not know of it leaves unread; one of an earlier version sends none. */
  readonly endsFollow?: boolean;
}

export interface CarriedExec {
  readonly id: string;
  readonly containerId: string;
  readonly request: ExecRequest;
  readonly started: boolean;
  readonly exitCode: number | null;
  readonly handle: string | null;
  /** It has ended, and no event has said so. */
  readonly untold?: boolean;
}

/** Exit codes of execs by id. */
export type ExecEnds = Readonly<Record<string, number>>;

export interface CarriedWait {
  readonly id: string;
  readonly what: 'ended' | 'removed';
}

/** Words and documents over the control connection, a line each. */
export class Channel {
  readonly #socket: Socket;
  readonly #lines: AsyncIterator<string>;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('error', () => undefined); // the end of the lines tells
    this.#lines = createInterface({ input: socket, crlfDelay: Infinity })[Symbol.asyncIterator]();
  }

  say(line: string): void {
    this.#socket.write(`${line}\n`);
  }

  /** The next line; undefined when the other side has gone. */
  async hear(): Promise<string | undefined> {
    const { value, done } = await this.#lines.next();
    return done === true ? undefined : value;
  }
}
