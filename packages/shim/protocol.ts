/**
 * What is said over shim.sock. Both ways frames of
 *
 *   length u32 (of the payload) | type u8 | flag u8 | process u16 | id u32 | payload        little-endian
 *
 * A connection starts with the shim's hello (magic, protocol version, the shim's pid). Requests carry an id that comes
 * back in `ok` or `fail`; `warning` may precede them. `exited` and `oom` come unasked to every connection that is not
 * an attachment. After `attach` a connection carries only stdin one way, output and `exited` the other. The drawing on
 * the shim's side is kernel/native/shim.h.
 */
export const PROTOCOL_MAGIC = 0x5552414e;
/** Versions only add to what the one before says; a daemon drives shims of all of them. 2 brought `go`, `hooks` and `cloned`, 5 `rename`. */
export const PROTOCOL_VERSION = 5;
/** From this version on a running container's seed makes a stage for each exec and stays; before, it became the stage. */
export const SEED_STAYS = 3;
/** From this version on the connection that asks for an exec can be its attachment from the start. */
export const EXEC_ATTACHES = 4;
export const HEADER = 12;
/** The most that one stdin frame may carry. */
export const STDIN_MOST = 32768;

export const FrameType = {
  create: 1,
  exec: 2,
  start: 3,
  attach: 4,
  stdin: 5,
  stdinEnd: 6,
  resize: 7,
  signal: 8,
  status: 9,
  shutdown: 10,
  seed: 11,
  go: 12,
  rename: 13,
  hello: 64,
  ok: 65,
  fail: 66,
  warning: 67,
  output: 68,
  exited: 69,
  oom: 70,
  hooks: 71,
  cloned: 72,
} as const;

/** Flag of `create` and `exec`: for the seed to execute. */
export const SEEDED = 1;

/** Bits of an attach frame's flag; in an `exec` frame's they stand one higher, beside SEEDED. */
export const AttachFlag = { stdin: 1, stdout: 2, stderr: 4, drop: 8 } as const;

/** What the shim answers to a request it could not do. `op` is a number in the plan, or 0xffffffff for none. */
export interface Failure {
  readonly op: number;
  readonly errno: number;
  readonly detail: number;
}

/** Where in an operation it failed (kernel/native/run.h). */
export const Detail = { none: 0, destination: 1, source: 2, notInPath: 3, stat: 4, execve: 5, hookStatus: 6 } as const;

/** As the shim saw the end of a process; `at` in milliseconds since the epoch. */
export interface Ending {
  readonly code: number;
  readonly signal: number;
  readonly oom: boolean;
  readonly at: number;
}

export type ProcessState = 'launching' | 'created' | 'starting' | 'running' | 'ended';
const states: readonly ProcessState[] = ['launching', 'created', 'starting', 'running', 'ended'];

export interface ShimStatus {
  readonly shimPid: number;
  readonly pid: number;
  readonly state: ProcessState;
  /** Of a stage forked ahead for the next exec, 0 without one; it sits in the container's cgroup. */
  readonly seedPid: number;
  readonly startedAt: number | undefined;
  /** Bytes of output that the log could not take. */
  readonly droppedBytes: number;
  readonly ending: Ending;
}

export interface Frame {
  readonly type: number;
  readonly flag: number;
  readonly process: number;
  readonly id: number;
  readonly payload: Buffer;
}

/** A frame's bytes, header and payload in one. */
export function encodeFrame(type: number, options: { flag?: number; process?: number; id?: number; payload?: Uint8Array } = {}): Buffer {
  const payload = options.payload ?? new Uint8Array(0);
  const bytes = Buffer.allocUnsafe(HEADER + payload.length);
  bytes.writeUInt32LE(payload.length, 0);
  bytes.writeUInt8(type, 4);
  bytes.writeUInt8(options.flag ?? 0, 5);
  bytes.writeUInt16LE(options.process ?? 0, 6);
  bytes.writeUInt32LE(options.id ?? 0, 8);
  bytes.set(payload, HEADER);
  return bytes;
}

/** Cuts a byte stream into frames; keeps what is incomplete until the rest comes. */
export class FrameParser {
  #rest: Buffer = Buffer.alloc(0);

  *push(chunk: Buffer): Generator<Frame> {
    let bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    while (bytes.length >= HEADER) {
      const end = HEADER + bytes.readUInt32LE(0);
      if (bytes.length < end) break;
      yield {
        type: bytes.readUInt8(4),
        flag: bytes.readUInt8(5),
        process: bytes.readUInt16LE(6),
        id: bytes.readUInt32LE(8),
        payload: bytes.subarray(HEADER, end),
      };
      bytes = bytes.subarray(end);
    }
    this.#rest = bytes;
  }
}

export function parseFailure(payload: Buffer): Failure {
  return { op: payload.readUInt32LE(0), errno: payload.readUInt32LE(4), detail: payload.readUInt32LE(8) };
}

export function parseEnding(payload: Buffer, at = 0): Ending {
  return {
    code: payload.readInt32LE(at),
    signal: payload.readInt32LE(at + 4),
    oom: payload.readUInt32LE(at + 8) !== 0,
    at: Number(payload.readBigUInt64LE(at + 16)),
  };
}

export function parseStatus(payload: Buffer): ShimStatus {
  const startedAt = Number(payload.readBigUInt64LE(16));
  return {
    shimPid: payload.readUInt32LE(0),
    pid: payload.readUInt32LE(4),
    state: states[payload.readUInt32LE(8)] ?? 'ended',
    seedPid: payload.readUInt32LE(12),
    startedAt: startedAt || undefined,
    droppedBytes: Number(payload.readBigUInt64LE(24)),
    ending: parseEnding(payload, 32),
  };
}

/** The shim's file `exit`: "code signal oom at startedAt". Undefined when it is not that. */
export function parseExitFile(text: string): (Ending & { startedAt: number | undefined }) | undefined {
  const numbers = text.trim().split(' ').map(Number);
  const [code, signal, oom, at, startedAt] = numbers;
  if (numbers.length !== 5 || numbers.some(Number.isNaN) || code === undefined || signal === undefined || at === undefined) return undefined;
  return { code, signal, oom: oom !== 0, at, startedAt: startedAt || undefined };
}
