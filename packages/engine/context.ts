/**
 * Everything that the Engine API's handlers stand on, put together once by `bin/narud`. A function takes the part it
 * needs: `Pick<Engine, 'volumes' | 'events'>`.
 */
import type { Database } from '#base';
import type { Builder } from '#builder';
import type { ContentStore } from '#content';
import type { Images } from '#images';
import type { RealtimeShare } from '#kernel';
import type { Networks } from '#network';
import type { Plugins } from '#plugins';
import type { Snapshotter } from '#snapshots';
import type { SeccompProfile, Ulimit } from '#spec';
import type { Supervisor } from '#supervisor';
import type { Volumes } from '#volumes';
import type { Clock } from './clock.ts';
import type { Lives } from './containers/lives.ts';
import type { LogForwarding } from './containers/logs/forward/port.ts';
import type { ContainerStore } from './containers/store.ts';
import type { Execs } from './exec/store.ts';
import type { Events } from './events/bus.ts';
import type { Succession } from './handover/succession.ts';

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
  readonly plugins: Plugins;
  readonly events: Events;
  readonly containers: ContainerStore;
  readonly lives: Lives;
  readonly execs: Execs;
  readonly succession: Succession;
  readonly logForwarding: LogForwarding;
  readonly clock: Clock;
  readonly log: Log;
}

/** Diagnostics on stderr, one line each. */
export type Log = (level: LogLevel, message: string) => void;
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** What `narud` was told on its command line and in its configuration file. Paths are absolute. A reload changes it in place. */
export interface EngineConfig {
  readonly configFile: string;
  /** Listening addresses: `unix:///…`, `tcp://127.0.0.1:2375`, `fd://`. */
  readonly hosts: readonly string[];
  readonly dataRoot: string;
  readonly execRoot: string;
  readonly pidfile: string;
  /** Group that may use the unix socket, when the host has it. */
  readonly group: string;
  /** Of the tcp listeners; undefined is plain. */
  readonly tls: TlsFiles | undefined;
  /** Names of the plugins that are asked about every request, in this order. */
  readonly authorizationPlugins: readonly string[];
  /** Directory of plugins' sockets (`NAME.sock`). */
  readonly pluginSockets: string;
  /** Directories of plugins' `.spec` and `.json` files. */
  readonly pluginSpecs: readonly string[];
  readonly registryMirrors: readonly string[];
  readonly insecureRegistries: readonly string[];
  readonly maxConcurrentDownloads: number;
  readonly maxConcurrentUploads: number;
  readonly maxDownloadAttempts: number;
  /** 'fatal' lets nothing through. */
  readonly logLevel: LogLevel | 'fatal';
  readonly logFormat: 'text' | 'json';
  /** No colours on a terminal either. */
  readonly rawLogs: boolean;
  /** Who makes containers' cgroups. */
  readonly cgroupDriver: 'cgroupfs' | 'systemd';
  /** Cgroup under which every container of this daemon lies, e.g. `/naru`. */
  readonly cgroupParent: string;
  /** What the cgroups that containers lie in have of real-time scheduling. */
  readonly realtime: RealtimeShare;
  readonly defaultAddressPools: readonly AddressPool[];
  /** Options of new networks by driver, where they have none of that name themselves. */
  readonly defaultNetworkOptions: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Name of the default bridge's interface; '' lets the network room choose one, with `none` there is no default network. */
  readonly bridge: string;
  /** CIDR of the default bridge's own address; '' takes the first free pool. */
  readonly bip: string;
  /** The same for IPv6. */
  readonly bip6: string;
  /** CIDR inside the default bridge's subnet from which addresses are given; '' for all of it. */
  readonly fixedCidr: string;
  /** The default bridge has IPv6. */
  readonly ipv6: boolean;
  /** CIDR of the default bridge's IPv6 subnet; '' lets the network room choose one. */
  readonly fixedCidr6: string;
  /** Default routes of the default bridge's containers; '' is the bridge itself. */
  readonly defaultGateway: string;
  readonly defaultGateway6: string;
  /** What `host-gateway` stands for; without any the default bridge's addresses. */
  readonly hostGatewayIps: readonly string[];
  /** Bytes; 0 takes the kernel's. */
  readonly mtu: number;
  /** On the default bridge containers reach each other. */
  readonly icc: boolean;
  readonly ipMasquerade: boolean;
  /** The daemon may switch the host's forwarding on. */
  readonly ipForward: boolean;
  /** Published ports are reached at the containers' own addresses too, by who routes to them. */
  readonly directRouting: boolean;
  /** Packets with this value in the bits of the mask reach any container but those of internal networks. */
  readonly acceptedMark: { readonly value: number; readonly mask: number } | undefined;
  /** The daemon lays packet rules; without them it relays published ports itself. */
  readonly packetRules: boolean;
  /** The daemon relays to published ports what no rule translates. */
  readonly userlandProxy: boolean;
  /** Where ports are published that name no address. */
  readonly defaultBindingIp: string;
  readonly guardPublishedPorts: boolean;
  /** For containers that bring none of their own. */
  readonly dns: { readonly servers: readonly string[]; readonly search: readonly string[]; readonly options: readonly string[] };
  readonly logging: { readonly driver: string; readonly options: Readonly<Record<string, string>> };
  readonly defaultUlimits: readonly Ulimit[];
  /** Bytes that a container may write to its layer unless it says otherwise; 0 is no limit. */
  readonly containerSize: number;
  /** Bytes. */
  readonly defaultShmSize: number;
  readonly defaultIpcMode: string;
  /** '' leaves it to the cgroup version. */
  readonly defaultCgroupnsMode: string;
  readonly init: boolean;
  /** Absolute path of the init that containers get; '' is the one that is built in. */
  readonly initPath: string;
  readonly noNewPrivileges: boolean;
  readonly seccomp: DefaultSeccomp;
  /** Directories of CDI documents; a later one goes before an earlier one. */
  readonly cdiSpecDirs: readonly string[];
  /** As `--userns-remap` has it: `default`, `user[:group]`; '' is off. */
  readonly usernsRemap: string;
  /** Runtimes beside the built-in one, by name. */
  readonly runtimes: Readonly<Record<string, RuntimePath>>;
  readonly defaultRuntime: string;
  /** Seconds; -1 waits for ever. */
  readonly shutdownTimeout: number;
  /** Containers outlive the daemon. Otherwise they end with it, and the next one starts those whose policy says so. */
  readonly liveRestore: boolean;
  readonly metricsAddress: { readonly host: string; readonly port: number } | undefined;
  readonly labels: readonly string[];
  readonly experimental: boolean;
  readonly features: Readonly<Record<string, boolean>>;
  /** Containers are to have SELinux's labels, where the host has it. */
  readonly selinux: boolean;
  readonly proxies: Proxies;
  /** What was given and changes nothing, for the log. */
  readonly remarks: readonly string[];
  readonly debug: boolean;
}

/** Files of a TLS listener; `verify` asks clients for a certificate that `ca` has signed. */
export interface TlsFiles {
  readonly verify: boolean;
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** Ways out through proxies; '' where nothing is said. */
export interface Proxies {
  readonly http: string;
  readonly https: string;
  /** Hosts that are reached without one, by commas. */
  readonly none: string;
}

/** The seccomp profile of containers that name none. */
export interface DefaultSeccomp {
  /** As info shows it: `builtin`, `unconfined` or a path. */
  readonly name: string;
  /** undefined: the built-in profile; null: unconfined. */
  readonly profile: SeccompProfile | null | undefined;
}

/** Blocks that are cut into subnets of `size` bits. */
export interface AddressPool {
  readonly base: string;
  readonly size: number;
}

/** An OCI runtime's program and what its command line begins with. */
export interface RuntimePath {
  readonly path: string;
  readonly args: readonly string[];
}
