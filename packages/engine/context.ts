/**
 * Everything that the Engine API's handlers stand on, put together once by `bin/narud`. A function takes the part it
 * needs: `Pick<Engine, 'volumes' | 'events'>`.
 */
import type { Database } from '#base';
import type { Builder } from '#builder';
import type { ContentStore } from '#content';
import type { Images } from '#images';
import type { Networks } from '#network';
import type { Snapshotter } from '#snapshots';
import type { Supervisor } from '#supervisor';
import type { Volumes } from '#volumes';
import type { Clock } from './clock.ts';
import type { Lives } from './containers/lives.ts';
import type { ContainerStore } from './containers/store.ts';
import type { Execs } from './exec/store.ts';
import type { Events } from './events/bus.ts';

export interface Engine {
  readonly config: EngineConfig;
  readonly db: Database;
  readonly content: ContentStore;
  readonly images: Images;
  readonly snapshots: Snapshotter;
  readonly networks: Networks;
  readonly volumes: Volumes;
  readonly supervisor: Supervisor;
  readonly builder: Builder;
  readonly events: Events;
  readonly containers: ContainerStore;
  readonly lives: Lives;
  readonly execs: Execs;
  readonly clock: Clock;
  readonly log: Log;
}

/** Diagnostics on stderr, one line each. */
export type Log = (level: LogLevel, message: string) => void;
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** What `narud` was told on its command line and in its configuration file. Paths are absolute. */
export interface EngineConfig {
  /** Listening addresses: `unix:///…`, `tcp://127.0.0.1:2375`. */
  readonly hosts: readonly string[];
  readonly dataRoot: string;
  readonly execRoot: string;
  readonly pidfile: string;
  /** Group that may use the unix socket, when the host has it. */
  readonly group: string;
  readonly registryMirrors: readonly string[];
  readonly insecureRegistries: readonly string[];
  readonly logLevel: LogLevel;
  /** Cgroup under which every container of this daemon lies, e.g. `/naru`. */
  readonly cgroupParent: string;
  readonly defaultAddressPools: readonly { base: string; size: number }[];
  /** Name of the default bridge's interface; '' lets the network room choose one. */
  readonly bridge: string;
  /** CIDR of the default bridge's own address; '' takes the first free pool. */
  readonly bip: string;
  /** Bytes; 0 takes the kernel's. */
  readonly mtu: number;
  readonly labels: readonly string[];
  readonly debug: boolean;
}
