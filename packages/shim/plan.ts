/**
 * The launch plan: what naru-shim does to make a process, as a flat list of operations. The runtime compiles it from
 * an OCI spec, the shim executes it in order and decides nothing. The table below is the whole language; its binary
 * form and the meaning of each operation are drawn in kernel/native/plan.h (a test holds the two together).
 *
 * Sections: up to `stage` the shim sets up its own side; up to `clone` the stage enters cgroups and namespaces; the
 * rest runs in the new process, which `exec` turns into the user's program.
 */
const MAGIC = 0x4c50524e;
const VERSION = 1;

type FieldKind = 'u32' | 'u64' | 'str' | 'list' | 'u32s' | 'blob';

/** Name of each operation, its code, and its fields in the order they are written. */
export const operations = {
  stdio: [1, { flags: 'u32' }],
  log: [2, { path: 'str', maxBytes: 'u64', maxFiles: 'u32' }],
  oom: [3, { control: 'str', eventControl: 'str' }],
  sweep: [4, { procs: 'str' }],
  label: [5, { text: 'str' }],
  notify: [6, { socket: 'str', before: 'str', between: 'str', after: 'str' }],
  'console-socket': [7, { path: 'str' }],
  preserve: [8, { count: 'u32' }],
  stage: [9, {}],
  cgroup: [10, { files: 'list' }],
  'cgroup-into': [11, { directory: 'str' }],
  join: [12, { path: 'str', type: 'u32' }],
  'join-task': [13, { types: 'u32' }],
  unshare: [14, { types: 'u32' }],
  'time-offsets': [15, { text: 'str' }],
  task: [16, { pid: 'u32' }],
  fifo: [17, { path: 'str' }],
  take: [18, { source: 'str', flags: 'u32', set: 'u64', clear: 'u64', setAll: 'u64', clearAll: 'u64', propagation: 'u32', propagationAll: 'u32', uidMap: 'str', gidMap: 'str' }],
  clone: [19, { types: 'u32', uidMap: 'str', gidMap: 'str', denySetgroups: 'u32' }],
  propagation: [20, { path: 'str', flags: 'u32' }],
  mount: [21, { source: 'str', target: 'str', type: 'str', flags: 'u32', data: 'str', directory: 'str' }],
  root: [22, { path: 'str' }],
  'mount-fs': [23, { destination: 'str', type: 'str', source: 'str', flags: 'u32', attributes: 'u64', propagation: 'u32', options: 'list' }],
  attach: [24, { destination: 'str', taken: 'u32' }],
  pivot: [25, { mode: 'u32', revealing: 'list' }],
  mask: [26, { paths: 'list', options: 'list' }],
  readonly: [27, { paths: 'list' }],
  device: [28, { path: 'str', mode: 'u32', major: 'u32', minor: 'u32', uid: 'u32', gid: 'u32', source: 'str' }],
  symlink: [29, { target: 'str', path: 'str' }],
  'proc-write': [30, { path: 'str', value: 'str' }],
  hostname: [31, { name: 'str' }],
  domainname: [32, { name: 'str' }],
  directory: [33, { path: 'str', mode: 'u32' }],
  console: [34, { rows: 'u32', columns: 'u32', flags: 'u32', owner: 'u32' }],
  attributes: [35, { path: 'str', set: 'u64', propagation: 'u32', recursive: 'u32' }],
  rlimit: [36, { resource: 'u32', current: 'u64', maximum: 'u64' }],
  personality: [38, { persona: 'u32' }],
  dial: [37, { path: 'str', number: 'u32' }],
  scheduler: [39, { policy: 'u32', nice: 'u32', priority: 'u32', flags: 'u64', runtime: 'u64', deadline: 'u64', period: 'u64' }],
  'io-priority': [40, { priority: 'u32' }],
  keyring: [41, { name: 'str' }],
  affinity: [42, { mask: 'blob' }],
  'parent-death': [43, { signal: 'u32' }],
  'host-hooks': [44, {}],
  'console-listen': [45, { path: 'str' }],
  adopt: [46, { pidFile: 'str', arguments: 'list', environment: 'list' }],
  run: [47, { arguments: 'list', environment: 'list' }],
  mappers: [48, { uid: 'str', gid: 'str' }],
  'null-stdio': [49, {}],
  bounding: [50, { keep: 'u64' }],
  user: [51, { uid: 'u32', gid: 'u32', umask: 'u32', groups: 'u32s' }],
  capabilities: [52, { effective: 'u64', permitted: 'u64', inheritable: 'u64', ambient: 'u64' }],
  'directory-change': [53, { path: 'str', early: 'u32' }],
  'no-new-privs': [54, {}],
  seccomp: [55, { flags: 'u32', program: 'blob' }],
  command: [56, { arguments: 'list', environment: 'list' }],
  lookup: [57, {}],
  ready: [58, { wait: 'u32' }],
  hook: [59, { name: 'str', path: 'str', arguments: 'list', environment: 'list', timeout: 'u32', before: 'str', after: 'str' }],
  exec: [60, { flags: 'u32' }],
  'memory-policy': [62, { mode: 'u32', nodes: 'blob' }],
  'mount-mapper': [63, {}],
  relabel: [61, { path: 'str', label: 'str' }],
} as const satisfies Record<string, readonly [number, Readonly<Record<string, FieldKind>>]>;

interface Values {
  u32: number;
  u64: bigint;
  str: string;
  list: readonly string[];
  u32s: readonly number[];
  blob: Uint8Array;
}

type Table = typeof operations;
export type OperationName = keyof Table;
type Fields<N extends OperationName> = { readonly [F in keyof Table[N][1]]: Table[N][1][F] extends FieldKind ? Values[Table[N][1][F]] : never };

/** One operation. `soft`: a failure is reported as a warning, and the launch goes on. */
export type Operation = { [N in OperationName]: { readonly op: N; readonly soft?: boolean } & Fields<N> }[OperationName];
export type LaunchPlan = readonly Operation[];

/** Bits of `stdio.flags`. */
export const StdioFlag = { terminal: 1, stdin: 2, stdinOnce: 4, hold: 8, inherit: 16 } as const;
/** Bits of `mount-fs.flags` (copyUp, strict, keepMode) and `take.flags` (recursive, mapAll). */
export const MountFlag = { copyUp: 1, strict: 2, recursive: 4, mapAll: 8, keepMode: 16 } as const;
/** Bits of `exec.flags`: become PID 1 for the command; tell a failing execve instead of writing it to stderr. */
export const ExecFlag = { init: 1, tell: 2 } as const;
export const ConsoleFlag = { bind: 1, plain: 2 } as const;

/** The plan in the form the shim reads. Throws TypeError on a string with a NUL in it. */
export function encodePlan(plan: LaunchPlan): Buffer {
  const writer = new Writer();
  writer.u32(MAGIC);
  writer.u32(VERSION);
  writer.u32(plan.length);
  for (const operation of plan) encodeOperation(writer, operation);
  return writer.bytes();
}

/** A list by itself, as the shim reads it: what `rename` takes. Throws TypeError on a string with a NUL in it. */
export function encodeList(items: readonly string[]): Buffer {
  const writer = new Writer();
  writer.list(items);
  return writer.bytes();
}

function encodeOperation(writer: Writer, operation: Operation): void {
  const { code, fields } = layoutOf(operation.op);
  writer.u32(code | (operation.soft ? 0x10000 : 0));
  const lengthAt = writer.reserve();
  const values = operation as unknown as Record<string, Values[FieldKind]>;
  for (const { name, kind } of fields) encodeField(writer, kind, values[name]);
  writer.fill(lengthAt);
}

interface Layout {
  readonly code: number;
  readonly fields: readonly { readonly name: string; readonly kind: FieldKind }[];
}

/** The table as encoding walks it: taking its entries apart anew for each operation cost more than writing them. */
const layouts = new Map<OperationName, Layout>(
  (Object.keys(operations) as OperationName[]).map((op) => {
    const [code, fields] = operations[op];
    return [op, { code, fields: Object.entries<FieldKind>(fields).map(([name, kind]) => ({ name, kind })) }];
  }),
);

function layoutOf(op: OperationName): Layout {
  const layout = layouts.get(op);
  if (!layout) throw new TypeError(`a launch plan has no operation ${JSON.stringify(op)}`);
  return layout;
}

function encodeField(writer: Writer, kind: FieldKind, value: Values[FieldKind] | undefined): void {
  if (kind === 'u32') return writer.u32(value as number);
  if (kind === 'u64') return writer.u64(value as bigint);
  if (kind === 'str') return writer.str(value as string);
  if (kind === 'blob') return writer.blob(value as Uint8Array);
  if (kind === 'list') return writer.list(value as readonly string[]);
  const numbers = value as readonly number[];
  writer.u32(numbers.length);
  for (const number of numbers) writer.u32(number);
}

/** Grows one buffer; everything little-endian. */
class Writer {
  #buffer = Buffer.allocUnsafe(16384);
  #length = 0;

  u32(value: number): void {
    this.#room(4);
    this.#buffer.writeUInt32LE(value >>> 0, this.#length);
    this.#length += 4;
  }

  u64(value: bigint): void {
    this.#room(8);
    this.#buffer.writeBigUInt64LE(BigInt.asUintN(64, value), this.#length);
    this.#length += 8;
  }

  str(text: string): void {
    if (text.includes('\0')) throw new TypeError(`a launch plan cannot hold a NUL: ${JSON.stringify(text)}`);
    this.#room(4 + text.length * 3 + 1);
    const written = this.#buffer.write(text, this.#length + 4);
    this.u32(written);
    this.#length += written;
    this.#buffer[this.#length++] = 0;
  }

  list(items: readonly string[]): void {
    this.u32(items.length);
    for (const item of items) this.str(item);
  }

  blob(bytes: Uint8Array): void {
    this.u32(bytes.length);
    this.#room(bytes.length);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  reserve(): number {
    this.u32(0);
    return this.#length;
  }

  fill(start: number): void {
    this.#buffer.writeUInt32LE(this.#length - start, start - 4);
  }

  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  #room(more: number): void {
    if (this.#length + more <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#length + more));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}

/** The plan as text, an operation a line, for people and for golden tests. */
export function printPlan(plan: LaunchPlan): string {
  return plan.map((operation, number) => `${number} ${printOperation(operation)}\n`).join('');
}

/** One operation as it stands in a printed plan: `mount-fs destination=/proc type=proc …`. */
export function printOperation(operation: Operation): string {
  const fields = Object.entries(operation).filter(([name]) => name !== 'op' && name !== 'soft');
  const printed = fields.map(([name, value]) => `${name}=${printValue(name, value as Values[FieldKind])}`);
  return [operation.op + (operation.soft ? '?' : ''), ...printed].join(' ');
}

const inHex = new Set(['flags', 'types', 'type', 'propagation', 'propagationAll']);

function printValue(name: string, value: Values[FieldKind]): string {
  if (value instanceof Uint8Array) return `<${value.length} bytes>`;
  if (typeof value === 'bigint') return `0x${value.toString(16)}`;
  if (typeof value === 'number') return inHex.has(name) ? `0x${value.toString(16)}` : String(value);
  return typeof value === 'string' && /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
}
