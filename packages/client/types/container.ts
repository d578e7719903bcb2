/** Engine API answers about containers: the fields that clients of this project read. */
import type { ContainerConfig, HostConfig, MountPoint, NetworkSettings } from '#spec';

/** `GET /containers/json`. */
export interface ContainerSummary {
  readonly Id: string;
  readonly Names: readonly string[] | null;
  readonly Image: string;
  readonly ImageID: string;
  readonly Command: string;
  /** Seconds since the epoch. */
  readonly Created: number;
  readonly Ports: readonly PortSummary[] | null;
  readonly SizeRw?: number;
  readonly SizeRootFs?: number;
  readonly Labels: Readonly<Record<string, string>> | null;
  readonly State: string;
  readonly Status: string;
  readonly HostConfig: { readonly NetworkMode?: string };
  readonly NetworkSettings: { readonly Networks: Readonly<Record<string, unknown>> | null } | null;
  readonly Mounts: readonly MountPoint[] | null;
  readonly ImageManifestDescriptor?: { readonly platform?: { readonly os: string; readonly architecture: string; readonly variant?: string } };
}

export interface PortSummary {
  readonly IP?: string;
  readonly PrivatePort: number;
  readonly PublicPort?: number;
  readonly Type: string;
}

/** `GET /containers/{id}/json`. */
export interface ContainerInspect {
  readonly Id: string;
  readonly Name: string;
  readonly Created: string;
  readonly State: ContainerState;
  readonly Image: string;
  readonly Config: ContainerConfig;
  readonly HostConfig: HostConfig;
  readonly NetworkSettings: NetworkSettings;
}

export interface ContainerState {
  readonly Status: string;
  readonly Running: boolean;
  readonly Paused: boolean;
  readonly Restarting: boolean;
  readonly ExitCode: number;
  readonly Error: string;
}

export interface Created {
  readonly Id: string;
  readonly Warnings: readonly string[] | null;
}

/** `POST /containers/{id}/wait`. */
export interface WaitAnswer {
  readonly StatusCode: number;
  readonly Error?: { readonly Message: string } | null;
}

/** `GET /containers/{id}/top`. */
export interface TopAnswer {
  readonly Titles: readonly string[];
  readonly Processes: readonly (readonly string[])[] | null;
}

/** `GET /containers/{id}/changes`: 0 modified, 1 added, 2 deleted. */
export interface Change {
  readonly Kind: number;
  readonly Path: string;
}

/** `GET /exec/{id}/json`. */
export interface ExecInspect {
  readonly ID: string;
  readonly Running: boolean;
  readonly ExitCode: number | null;
  readonly Pid: number;
}

/** `GET /containers/{id}/stats`, one reading. */
export interface StatsAnswer {
  readonly id?: string;
  readonly name?: string;
  readonly read: string;
  readonly pids_stats?: { readonly current?: number };
  readonly blkio_stats?: { readonly io_service_bytes_recursive?: readonly { readonly op: string; readonly value: number }[] | null };
  readonly cpu_stats: CpuStats;
  readonly precpu_stats: CpuStats;
  readonly memory_stats: { readonly usage?: number; readonly limit?: number; readonly stats?: Readonly<Record<string, number>> };
  readonly networks?: Readonly<Record<string, { readonly rx_bytes: number; readonly tx_bytes: number }>>;
}

interface CpuStats {
  readonly cpu_usage: { readonly total_usage: number; readonly percpu_usage?: readonly number[] | null };
  readonly system_cpu_usage?: number;
  readonly online_cpus?: number;
}

/** The `X-Docker-Container-Path-Stat` header of `/containers/{id}/archive`, decoded. */
export interface PathStat {
  readonly name: string;
  readonly size: number;
  /** Go's file mode bits: 2^31 directory, 2^27 symbolic link. */
  readonly mode: number;
  readonly mtime: string;
  readonly linkTarget: string;
}
