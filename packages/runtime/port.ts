/**
 * The runtime: makes a container out of an OCI bundle and holds it until its last process is gone.
 *
 * Words. A *bundle* is an OCI `config.json` with a root file system. A *task* is the running side of a container: its
 * first process, its cgroup, its shim. A *process* is the first one or one added by exec. Create and start are apart,
 * as in the OCI spec: after `create` every namespace exists and PID 1 waits just before its exec, so that the network
 * can be laid into its network namespace; `start` lets it go.
 *
 * Life cycle of a task:  create ─▶ created ─ start ─▶ running ⇄ paused ─▶ stopped ─ delete ─▶ gone
 *
 * The driver is `plan` (compiles a launch plan, run by naru-shim); whatever driver comes beside it passes the suite in
 * `contract.ts`. Nothing here is lost when the daemon dies: `load` finds a task again by its id.
 */
import type { OciResources, OciSpec, OciProcess } from '#spec';
import type { Writable } from 'node:stream';

/** `{ code, signal }` as waitpid(2) tells; `oom` when the kernel killed something in the cgroup for memory. */
export interface ExitStatus {
  /** Exit code, or 128 + signal number. */
  readonly code: number;
  readonly signal: number | undefined;
  readonly oomKilled: boolean;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** What happens to a process's stdio. The shim owns the far ends; nothing is lost while nobody is attached. */
export interface StdioOptions {
  /** A pty instead of three pipes. */
  readonly terminal: boolean;
  /** Keep stdin open for attachers; otherwise it is /dev/null. */
  readonly stdin: boolean;
  /** Close stdin for good when the first attacher that had it leaves (Docker's StdinOnce). */
  readonly stdinOnce: boolean;
  /** A json-file log the shim writes itself; rotated at `maxBytes`, `maxFiles` files kept. */
  readonly log: { readonly path: string; readonly maxBytes: number; readonly maxFiles: number } | undefined;
  /** Nobody will attach to this exec: its output is thrown away, not held for the first attacher. */
  readonly detached?: boolean;
  /** What the first attachment to this exec reads: it is begun with the exec, and `Process.attach` gives it. */
  readonly attach?: { readonly stdout: boolean; readonly stderr: boolean } | undefined;
}

export interface CreateOptions {
  readonly id: string;
  readonly spec: OciSpec;
  /** Mounts that make the root file system, done inside the container's mount namespace; spec.root.path when empty. */
  readonly rootfs: readonly { type: string; source: string; options: readonly string[] }[];
  readonly stdio: StdioOptions;
  /** Reap orphans and forward signals as PID 1 (Docker's --init). */
  readonly init: boolean;
  /**
   * Called once, with the first process's pid, when its namespaces are there: for its network. The rest is laid meanwhile,
   * except where the spec sets sysctls of network interfaces. When it throws, so does `create`, and leaves nothing.
   */
  readonly onNamespaces?: (pid: number) => Promise<void>;
  /**
   * May be called, once, as soon as the first process can be attached to, while the rest is laid: `create` waits for it. Whoever
   * is to attach and was not asked for here attaches to the task.
   */
  readonly onStdio?: (process: Pick<Process, 'attach'>) => Promise<void>;
  /** The OCI runtime that makes it, by a name that was configured; the driver's own way when not given. */
  readonly runtime?: string;
  /** A directory that `Task.checkpoint` filled: its processes come out of there, and go on at once. */
  readonly checkpoint?: string;
  /** The bundle's directory as hooks are told it; the task's own when not given. */
  readonly bundle?: string;
  /** Written into the shim's own argv so that a person sees whose it is. */
  readonly label?: string;
}

export interface Runtime {
  readonly name: string;
  create(options: CreateOptions): Promise<Task>;
  /** The task of `id`, also one whose process ended while nobody looked; undefined when there is none. */
  load(id: string): Promise<Task | undefined>;
  /** Ids of every task known on disk, dead or alive. */
  list(): Promise<string[]>;
}

/** A process's stdio while attached. `output` delivers demultiplexed chunks in the order they were written. */
export interface Attachment extends AsyncDisposable {
  /** undefined when stdin was not asked for. `end()` closes the process's stdin; `destroy()` only detaches. */
  readonly stdin: Writable | undefined;
  /** Ends when the process's output is at its end, or when detached. */
  readonly output: AsyncIterable<OutputChunk>;
}

export interface OutputChunk {
  /** 1 stdout (and everything of a terminal), 2 stderr. */
  readonly stream: 1 | 2;
  readonly bytes: Uint8Array;
}

/** One process with stdio: a task's first process, or an exec. */
export interface Process {
  /** Process id as the host sees it. */
  readonly pid: number;
  /** By which `Task.adopt` finds it again, in this daemon or another; undefined for what only its maker can watch. */
  readonly handle?: string;
  /** Attach to stdio from now on; any number may. */
  attach(streams: { stdin: boolean; stdout: boolean; stderr: boolean }): Promise<Attachment>;
  resize(columns: number, rows: number): Promise<void>;
  kill(signal: number): Promise<void>;
  /** Resolves once, when the process has ended and its output is drained. */
  wait(): Promise<ExitStatus>;
}

export interface Task extends Process {
  readonly id: string;
  readonly status: 'created' | 'running' | 'paused' | 'stopped';
  /** Milliseconds since the epoch; undefined before start. */
  readonly startedAt: number | undefined;
  start(): Promise<void>;
  exec(execId: string, process: OciProcess, stdio: StdioOptions): Promise<Process>;
  /** An exec that another daemon started, by its handle; undefined when nothing is known of it any more. */
  adopt?(handle: string): Promise<Process | undefined>;
  /** Sends to every process of the cgroup. */
  killAll(signal: number): Promise<void>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** From now on `listener` is called each time the kernel has killed something in it for want of memory. */
  watchOom(listener: () => void): void;
  /** Process ids in the cgroup, as the host sees them. */
  pids(): Promise<number[]>;
  stats(): Promise<TaskStats>;
  update(resources: OciResources): Promise<void>;
  /** Dumps its processes (CRIU) into a directory, which is made; `exit` ends them. `spec` is what it was made from. Throws Internal. */
  checkpoint(spec: OciSpec, to: { readonly directory: string; readonly exit: boolean }): Promise<void>;
  /** Removes the cgroup, the shim and its directory; kills what is left first when `force`. */
  delete(force?: boolean): Promise<void>;
}

/** Counters of the cgroup. Memory in bytes, cpu in nanoseconds. */
export interface TaskStats {
  readonly at: number;
  readonly cpu: { total: number; user: number; system: number; perCpu: number[]; throttledPeriods: number; periods: number; throttledTime: number };
  readonly memory: { usage: number; maxUsage: number; limit: number; failcnt: number; stats: Record<string, number> };
  readonly pids: { current: number; limit: number | undefined };
  readonly blkio: { device: string; op: string; bytes: number; operations: number }[];
}

