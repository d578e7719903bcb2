/** Specs and ports for tests: a runtime whose tasks run until told to end, networks and snapshots that only remember. */
import type { Endpoint, EndpointRequest, Networks } from '#network';
import type { Attachment, CreateOptions, ExitStatus, OutputChunk, Process, Runtime, Task } from '#runtime';
import type { Mount, SnapshotInfo, Snapshotter } from '#snapshots';
import { Conflict } from '#base';
import type { ContainerSpec } from './port.ts';

/** A container as `docker create busybox true` asks for it, with `change` laid over. */
export function exampleSpec(change: Partial<ContainerSpec> = {}): ContainerSpec {
  return {
    id: 'a'.repeat(64),
    owner: 'engine',
    chainId: undefined,
    hostname: 'aaaaaaaaaaaa',
    domainname: '',
    process: {
      args: ['true'],
      env: ['PATH=/bin', 'HOSTNAME=aaaaaaaaaaaa'],
      cwd: '/',
      user: '',
      groups: [],
      terminal: false,
      consoleSize: undefined,
      rlimits: [],
      oomScoreAdj: 0,
    },
    stdin: 'closed',
    log: undefined,
    init: false,
    readonlyRoot: false,
    mounts: [],
    namespaces: { pid: 'private', ipc: 'private', uts: 'private', cgroup: 'host', user: 'host' },
    security: {
      privileged: false,
      capAdd: [],
      capDrop: [],
      seccomp: undefined,
      noNewPrivileges: false,
      maskedPaths: undefined,
      readonlyPaths: undefined,
    },
    devices: [],
    deviceRules: [],
    resources: {},
    cgroupParent: '/naru',
    sysctl: {},
    shmSize: 64 << 20,
    network: { mode: 'own', endpoints: [], dns: { servers: [], search: [], options: [] }, extraHosts: [] },
    stopSignal: 15,
    stopTimeout: 10,
    labels: {},
    ...change,
  };
}

/** A task under a test's hand: `finish` ends it, `output` speaks. */
export class FakeTask implements Task {
  readonly id: string;
  readonly options: CreateOptions;
  readonly signals: number[] = [];
  status: Task['status'] = 'created';
  pid = 4242;
  startedAt: number | undefined;
  /** Ignores every signal but SIGKILL. */
  stubborn = false;
  /** Its deletion is over when this is. */
  leaves: Promise<void> = Promise.resolve();
  /** The kernel kills something in it. */
  wantMemory: () => void = () => undefined;
  readonly #end = Promise.withResolvers<ExitStatus>();
  readonly #tasks: Map<string, FakeTask>;

  constructor(options: CreateOptions, tasks: Map<string, FakeTask>) {
    this.id = options.id;
    this.options = options;
    this.#tasks = tasks;
  }

  finish(code: number, signal?: number, oomKilled = false): void {
    this.status = 'stopped';
    this.#end.resolve({ code, signal, oomKilled, at: Date.now() });
  }

  async start(): Promise<void> {
    this.status = 'running';
    this.startedAt = Date.now();
  }

  async kill(signal: number): Promise<void> {
    this.signals.push(signal);
    if (signal === 9 || !this.stubborn) this.finish(128 + signal, signal);
  }

  async attach(): Promise<Attachment> {
    const ended = this.#end.promise;
    return {
      stdin: undefined,
      output: (async function* (): AsyncGenerator<OutputChunk> {
        yield { stream: 1, bytes: Buffer.from('out\n') };
        await ended;
      })(),
      async [Symbol.asyncDispose]() {},
    };
  }

  exec(): Promise<Process> {
    return Promise.reject(new Error('no exec in this fake'));
  }

  wait = (): Promise<ExitStatus> => this.#end.promise;
  killAll = (signal: number): Promise<void> => this.kill(signal);
  resize = async (): Promise<void> => {};
  async pause(): Promise<void> {
    this.status = 'paused';
  }
  async resume(): Promise<void> {
    this.status = 'running';
  }
  watchOom(listener: () => void): void {
    this.wantMemory = listener;
  }
  pids = async (): Promise<number[]> => [this.pid];
  stats: Task['stats'] = () => Promise.reject(new Error('no stats in this fake'));
  update = async (): Promise<void> => {};
  checkpoint = async (): Promise<void> => {};
  async delete(): Promise<void> {
    await this.leaves;
    this.#tasks.delete(this.id);
  }
}

/** `failing` names a step that throws: create or start. */
export function fakeRuntime(failing?: 'create' | 'start'): Runtime & { tasks: Map<string, FakeTask> } {
  const tasks = new Map<string, FakeTask>();
  return {
    name: 'fake',
    tasks,
    async create(options) {
      if (failing === 'create') throw new Error('create failed');
      const task = new FakeTask(options, tasks);
      await options.onNamespaces?.(task.pid);
      if (failing === 'start') task.start = () => Promise.reject(new Error('start failed'));
      tasks.set(options.id, task);
      return task;
    },
    load: async (id) => tasks.get(id),
    list: async () => [...tasks.keys()],
  };
}

export type FakeNetworks = Pick<Networks, 'allocate' | 'attach' | 'release' | 'endpoints' | 'resolvConf' | 'recover'> & { readonly log: string[] };

/** Remembers endpoints and the order of calls in `log`. */
export function fakeNetworks(failing?: 'attach'): FakeNetworks {
  const endpoints = new Map<string, Endpoint[]>();
  const log: string[] = [];
  return {
    log,
    async allocate(request) {
      log.push(`allocate ${request.network}`);
      const endpoint = fakeEndpoint(request);
      endpoints.set(request.containerId, [...(endpoints.get(request.containerId) ?? []), endpoint]);
      return endpoint;
    },
    async attach(sandbox) {
      log.push(`attach ${sandbox.pid}`);
      if (failing === 'attach') throw new Error('attach failed');
      return endpoints.get(sandbox.containerId) ?? [];
    },
    async release(containerId) {
      log.push('release');
      endpoints.delete(containerId);
    },
    endpoints: (of) => ('containerId' in of ? (endpoints.get(of.containerId) ?? []) : []),
    resolvConf: async () => 'nameserver 10.0.0.1\n',
    async recover(running) {
      log.push(`recover ${running.map((sandbox) => sandbox.pid).join(' ')}`);
      for (const id of endpoints.keys()) if (!running.some(({ containerId }) => containerId === id)) endpoints.delete(id);
    },
  };
}

function fakeEndpoint(request: EndpointRequest): Endpoint {
  return {
    id: 'e'.repeat(64),
    networkId: 'n'.repeat(64),
    networkName: request.network,
    containerId: request.containerId,
    ipv4: { address: '172.17.0.2', prefix: 16, gateway: '172.17.0.1' },
    ipv6: undefined,
    macAddress: '02:42:ac:11:00:02',
    aliases: request.aliases,
    dnsNames: [],
    ports: request.ports,
    interfaceName: 'eth0',
    driverOptions: {},
    gatewayPriority: 0,
  };
}

export type FakeSnapshots = Pick<Snapshotter, 'driver' | 'prepare' | 'view' | 'mounts' | 'remove' | 'list' | 'lowerPaths' | 'stat'> & { readonly keys: Map<string, SnapshotInfo> };

/** Keys only; every snapshot's directory is `directory`. */
export function fakeSnapshots(directory: string): FakeSnapshots {
  const keys = new Map<string, SnapshotInfo>();
  const mounts = (key: string): Mount[] => [{ type: 'overlay', source: 'overlay', options: [`lowerdir=${directory}`, `upperdir=/upper/${key}`, `workdir=/work/${key}`] }];
  return {
    driver: 'overlay2',
    keys,
    async prepare(key, parent) {
      if (keys.has(key)) throw new Conflict(`snapshot ${key} exists`);
      keys.set(key, { key, kind: 'active', parent, created: 0 });
      return mounts(key);
    },
    async view(key, parent) {
      keys.set(key, { key, kind: 'view', parent, created: 0 });
      return mounts(key);
    },
    mounts,
    stat: (key) => keys.get(key),
    async remove(key) {
      keys.delete(key);
    },
    list: () => [...keys.values()],
    lowerPaths: () => [directory],
  };
}
