/**
 * The supervisor: what a container *is*, without Docker's or Kubernetes' manners. The engine, the builder and CRI all
 * make their containers here.
 *
 * A container is a writable snapshot over an image's chain, a process description, isolation and limits, mounts and a
 * seat on networks. The supervisor turns that into an OCI spec, prepares the snapshot, has the runtime create the task,
 * lays the network into it between create and start, watches it, and cleans up when it ends. It stores each container
 * and its status in the metadata store, and finds live tasks again after the daemon was killed.
 *
 *   create ─▶ created ─ start ─▶ running ⇄ paused ─▶ exited ─ start ─▶ running …   remove ─▶ gone
 *
 * `can(verb, status)` in `states.ts` is the whole table of what is allowed when; every cell is tested.
 */
import type { Attachment, ExitStatus, Process, TaskStats } from '#runtime';
import type { IdMapping, OciDevice, OciDeviceRule, OciMount, OciResources, OciSpec, SeccompProfile } from '#spec';
import type { DnsOptions, Endpoint, EndpointRequest } from '#network';
import type { ChainId } from '#snapshots';

/** Ids of the host for those of containers that have a user namespace of their own. */
export interface IdMap {
  readonly uids: readonly IdMapping[];
  readonly gids: readonly IdMapping[];
}

export type ContainerStatus = 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead';

/** How a namespace is had: its own, the host's, or another container's (by id). `path` joins one by file. */
export type NamespaceMode = 'private' | 'host' | { readonly container: string } | { readonly path: string };

export interface ContainerSpec {
  readonly id: string;
  /** Who made it: the engine, a build, CRI. Each sees only its own in lists. */
  readonly owner: 'engine' | 'builder' | 'cri';
  /** Snapshot to stand on; undefined for an empty root (FROM scratch). */
  readonly chainId: ChainId | undefined;
  /** Further snapshots that must stay as long as the container: images that are mounted in it. */
  readonly holds?: readonly ChainId[];
  readonly hostname: string;
  readonly domainname: string;
  readonly process: {
    readonly args: readonly string[];
    readonly env: readonly string[];
    readonly cwd: string;
    /** As a Dockerfile's USER: name or uid, optionally `:group`; looked up in the container's own /etc/passwd. */
    readonly user: string;
    readonly groups: readonly string[];
    readonly terminal: boolean;
    readonly consoleSize: { readonly columns: number; readonly rows: number } | undefined;
    readonly rlimits: readonly { type: string; hard: number; soft: number }[];
    readonly oomScoreAdj: number;
  };
  readonly stdin: 'closed' | 'open' | 'once';
  readonly log: { readonly path: string; readonly maxBytes: number; readonly maxFiles: number } | undefined;
  readonly init: boolean;
  readonly readonlyRoot: boolean;
  readonly mounts: readonly OciMount[];
  readonly namespaces: { readonly pid: NamespaceMode; readonly ipc: NamespaceMode; readonly uts: NamespaceMode; readonly cgroup: NamespaceMode; readonly user: NamespaceMode };
  readonly security: {
    readonly privileged: boolean;
    readonly capAdd: readonly string[];
    readonly capDrop: readonly string[];
    /** undefined: Naru's default profile; null: unconfined. */
    readonly seccomp: SeccompProfile | null | undefined;
    readonly noNewPrivileges: boolean;
    /** AppArmor's profile; '' or undefined is the default one, where the host has AppArmor. */
    readonly apparmor?: string;
    /** SELinux's labels of its processes and of the files of its mounts; '' where that is not labelled. */
    readonly selinux?: { readonly process: string; readonly mount: string };
    /** undefined: the defaults. */
    readonly maskedPaths: readonly string[] | undefined;
    readonly readonlyPaths: readonly string[] | undefined;
    /** Its cgroups may be written (false unless said, or privileged). */
    readonly writableCgroups?: boolean;
  };
  readonly devices: readonly OciDevice[];
  readonly deviceRules: readonly OciDeviceRule[];
  readonly resources: OciResources;
  readonly cgroupParent: string;
  readonly sysctl: Readonly<Record<string, string>>;
  /** Bytes of /dev/shm. */
  readonly shmSize: number;
  /** Whether another container may join its /dev/shm, or none is made; its own alone unless said. */
  readonly sharedMemory?: 'private' | 'shareable' | 'none';
  readonly network: NetworkSeat;
  readonly stopSignal: number;
  /** Seconds before SIGKILL; -1 waits for ever. */
  readonly stopTimeout: number;
  readonly labels: Readonly<Record<string, string>>;
  /** Its files need not survive a crash of the host: a container that is removed when it ends, a build step. */
  readonly disposable?: boolean;
  /** Bytes that may be written to its layer; 0 is no limit, but takes a file system that has limits. */
  readonly size?: number;
  /** Programs of devices' vendors, run at the points of the container's life that they name. */
  readonly hooks?: OciSpec['hooks'];
  /** The configured OCI runtime that makes it; the built-in one when not given. */
  readonly runtime?: string;
  /** Handed to the runtime as they are. */
  readonly annotations?: Readonly<Record<string, string>>;
}

/** `own`: a namespace with endpoints (none of them for `--network none`). */
export type NetworkSeat =
  | { readonly mode: 'host'; readonly dns?: DnsOptions; readonly extraHosts?: readonly string[] }
  | { readonly mode: 'container'; readonly container: string }
  | { readonly mode: 'own'; readonly endpoints: readonly EndpointRequest[]; readonly dns: DnsOptions; readonly extraHosts: readonly string[] };

/** A seat on a network that a running container took or left. */
export interface SeatChange {
  readonly kind: 'taken' | 'left';
  readonly endpoint: Pick<Endpoint, 'ipv4' | 'ipv6'>;
  /** Names of its networks before and now. */
  readonly before: readonly string[];
  readonly now: readonly string[];
  readonly dns: DnsOptions;
}

export interface ContainerState {
  readonly id: string;
  readonly status: ContainerStatus;
  readonly pid: number;
  /** Milliseconds since the epoch; undefined while it has not happened. */
  readonly startedAt: number | undefined;
  readonly finishedAt: number | undefined;
  readonly exit: ExitStatus | undefined;
  /** Why the last start failed, in the user's words. */
  readonly error: string;
  readonly endpoints: readonly Endpoint[];
}

export type SupervisorEvent =
  | { readonly kind: 'created' | 'started' | 'paused' | 'resumed' | 'removed'; readonly id: string; readonly at: number }
  | { readonly kind: 'oom'; readonly id: string; readonly at: number }
  /** A person's or a stop's signal was sent. */
  | { readonly kind: 'signalled'; readonly id: string; readonly at: number; readonly signal: number }
  /** Told when everything the run held is given back; `endpoints` are those it had, `machineDown` that nothing was left of it when the daemon came. */
  | { readonly kind: 'exited'; readonly id: string; readonly at: number; readonly exit: ExitStatus; readonly endpoints: readonly Endpoint[]; readonly machineDown: boolean }
  /** A start failed behind its reservations, which are given back; `endpoints` are those it had. */
  | { readonly kind: 'start-failed'; readonly id: string; readonly at: number; readonly endpoints: readonly Endpoint[] }
  | { readonly kind: 'exec-exited'; readonly id: string; readonly execId: string; readonly at: number; readonly exit: ExitStatus };

export interface ExecSpec {
  readonly execId: string;
  readonly args: readonly string[];
  readonly env: readonly string[];
  readonly cwd: string;
  readonly user: string;
  readonly privileged: boolean;
  readonly terminal: boolean;
  readonly stdin: boolean;
  /** Nobody will attach: its output is thrown away. */
  readonly detached?: boolean;
  /** The output that the first attachment reads, begun with the exec. */
  readonly attach?: { readonly stdout: boolean; readonly stderr: boolean } | undefined;
  readonly consoleSize: { readonly columns: number; readonly rows: number } | undefined;
}

export interface StartOptions {
  readonly consoleSize?: { readonly columns: number; readonly rows: number } | undefined;
  /** Laid over the spec for this run: what is only known now, such as endpoints, devices, links. */
  readonly change?: Partial<Omit<ContainerSpec, 'id' | 'owner' | 'chainId'>>;
  /** A directory that `checkpoint` filled: it goes on from there. */
  readonly checkpoint?: string | undefined;
}

/** An attachment made before its container started. */
export interface WaitingAttachment {
  readonly id: string;
  readonly streams: { readonly stdin: boolean; readonly stdout: boolean; readonly stderr: boolean };
  /** Gives it its real streams. */
  bind(task: { attach(streams: { stdin: boolean; stdout: boolean; stderr: boolean }): Promise<Attachment> }): Promise<void>;
}

export interface Supervisor {
  /** Prepares the snapshot and stores the container; leaves nothing when it throws. */
  create(spec: ContainerSpec): Promise<void>;
  state(id: string): ContainerState | undefined;
  spec(id: string): ContainerSpec;
  list(owner: ContainerSpec['owner']): ContainerState[];
  /**
   * Throws what the user should read; the state's `error` says the same. A TaskError is the runtime's or the command's
   * own ("exec: \"x\": executable file not found in $PATH"), and sets the exit code as a shell would (126, 127, 128).
   */
  start(id: string, options?: StartOptions): Promise<void>;
  /** Why a start failed, as its owner tells it: the state's `error`. The exit code is the last run's or failure's, 128 where that was none or 0. One that runs is left alone. */
  recordStartFailure(id: string, error: unknown): Promise<void>;
  /** Stop signal, wait, SIGKILL. Seconds; undefined takes the spec's. */
  stop(id: string, timeout?: number, signal?: number): Promise<void>;
  kill(id: string, signal: number): Promise<void>;
  pause(id: string): Promise<void>;
  resume(id: string): Promise<void>;
  /** Dumps its processes into a directory; `exit` ends them. Throws Conflict when it does not run, Internal for what CRIU fails at. */
  checkpoint(id: string, to: { readonly directory: string; readonly exit: boolean }): Promise<void>;
  attach(id: string, streams: { stdin: boolean; stdout: boolean; stderr: boolean }): Promise<Attachment>;
  resize(id: string, columns: number, rows: number): Promise<void>;
  exec(id: string, spec: ExecSpec): Promise<Process>;
  /** Goes on watching an exec that another daemon started, by its process's handle; undefined when nothing is known of it. */
  adoptExec(id: string, execId: string, handle: string): Promise<Process | undefined>;
  pids(id: string): Promise<number[]>;
  stats(id: string): Promise<TaskStats>;
  /** Changes limits, of the running task too. */
  update(id: string, resources: OciResources): Promise<void>;
  /** Rewrites hosts and resolv.conf of a running container that took or left a seat; what a person changed in them stays. */
  reseat(id: string, change: SeatChange): Promise<void>;
  /** Rewrites hosts of a running container: the line that begins with `name` gets these addresses; without any it goes. */
  repointHost(id: string, name: string, addresses: readonly string[]): Promise<void>;
  /** Changes what the next start uses (names, links, endpoints, stop settings). */
  reconfigure(id: string, change: Partial<Omit<ContainerSpec, 'id' | 'chainId'>>): void;
  /** The owner will start the exited container again: until then it is `restarting`. False takes that back. */
  markRestarting(id: string, restarting: boolean): void;
  /** Who its process runs as, looked up in the container's own files. */
  user(id: string): Promise<{ readonly uid: number; readonly gid: number }>;
  /** Where hosts, hostname, resolv.conf and the log of a container lie. */
  directory(id: string): string;
  /** Resolves at the next exit, or at once when it is not running and `condition` is 'not-running'. */
  wait(id: string, condition: 'not-running' | 'next-exit' | 'removed'): Promise<ExitStatus>;
  /** Conflict while it runs, unless `force`. */
  remove(id: string, options: { force: boolean }): Promise<void>;
  /** A directory through which the container's files are reached (running: /proc/PID/root; stopped: a short-lived mount). */
  withRoot<T>(id: string, work: (root: string) => Promise<T>): Promise<T>;
  /** As its processes see it, its mounts included: those that are there while it runs, `mounts` over its files while it does not. `ids`: what owners are seen as there. ENOENT or ESRCH, without a call of `work`, for a run whose end is not known yet. */
  withView<T>(id: string, mounts: readonly OciMount[], work: (root: string, ids: IdMap | undefined) => Promise<T>): Promise<T>;
  /** A read-only view of the image and the container's own layer without anything mounted on them, running or not; `ids` as for `withView`. */
  withOwnFiles<T>(id: string, work: (root: string, ids: IdMap | undefined) => Promise<T>): Promise<T>;
  subscribe(listener: (event: SupervisorEvent) => void): Disposable;
  /**
   * Another daemon takes the containers over: resolves when no verb is under way, and from then on nothing is changed or
   * stored here. Ends are still seen by those who wait; attachments go on.
   */
  retire(): Promise<void>;
  /** Attachments that wait for a container's start, for one who can bind them elsewhere. */
  waitingAttachments(): WaitingAttachment[];
  /** After a daemon start: finds live tasks, records exits that happened meanwhile, removes what no row names. */
  recover(): Promise<void>;
}
