/** What compiling a container's spec needs to know beside the spec itself: this host, this run. */
import type { IdMap } from '../port.ts';
import type { OciDevice } from '#spec';
import type { ProcessUser } from '../users.ts';

export interface Situation {
  readonly host: HostFacts;
  readonly user: ProcessUser;
  /** `/proc/PID/ns/TYPE` of the containers or files whose namespaces are joined, by OCI namespace type. */
  readonly joined: Readonly<Partial<Record<'network' | 'pid' | 'ipc' | 'uts' | 'cgroup' | 'user', string>>>;
  /** Files bound over /etc/resolv.conf, /etc/hostname and /etc/hosts; empty where a container shall have its image's own. */
  readonly etcFiles: readonly { readonly destination: string; readonly source: string }[];
  /** OCI `root.path`; the runtime mounts the snapshot there, inside the container's mount namespace. */
  readonly rootPath: string;
  /** Of a container with a user namespace of its own. */
  readonly idMap?: IdMap | undefined;
  /** The host's directory that becomes /dev/shm; undefined for one of the container's own. */
  readonly sharedMemory?: string | undefined;
  readonly consoleSize: { readonly columns: number; readonly rows: number } | undefined;
  /** The host's device nodes, for a privileged container. */
  readonly hostDevices: readonly OciDevice[];
}

export interface HostFacts {
  /** What this daemon holds itself; a container gets no more. */
  readonly capabilities: readonly string[];
  /** amd64, arm64 … */
  readonly architecture: string;
  /** The daemon is root of a user namespace only: some ids, devices and file systems are out of reach. */
  readonly confined: boolean;
  /** The group of terminals, 5, exists for this daemon. */
  readonly ttyGroup: boolean;
  /** The host's network namespace is another user namespace's: no sysfs can be mounted that shows it. */
  readonly foreignNetwork: boolean;
  /** Containers have profiles of AppArmor. */
  readonly appArmor: boolean;
  /** `uname -r`. */
  readonly kernel: string;
}
