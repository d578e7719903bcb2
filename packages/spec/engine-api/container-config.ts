/**
 * Engine API, `ContainerConfig` and `POST /containers/create`: what the client asks a container to be. Field names
 * are the wire's. Absent and null mean the same throughout, as in the Go client's JSON.
 */
import type { Healthcheck } from '../oci-image.ts';
import type { HostConfig } from './host-config.ts';
import type { EndpointSettings } from './network-settings.ts';

/** The portable half of a container's configuration; an image's defaults have the same shape. */
export interface ContainerConfig {
  Hostname: string;
  Domainname: string;
  User: string;
  AttachStdin: boolean;
  AttachStdout: boolean;
  AttachStderr: boolean;
  ExposedPorts?: Record<string, Record<string, never>>;
  Tty: boolean;
  OpenStdin: boolean;
  StdinOnce: boolean;
  Env: string[] | null;
  Cmd: string[] | null;
  Healthcheck?: Healthcheck;
  ArgsEscaped?: boolean;
  Image: string;
  Volumes: Record<string, Record<string, never>> | null;
  WorkingDir: string;
  Entrypoint: string[] | null;
  NetworkDisabled?: boolean;
  MacAddress?: string;
  OnBuild: string[] | null;
  Labels: Record<string, string>;
  StopSignal?: string;
  /** Seconds. */
  StopTimeout?: number;
  Shell?: string[];
}

/** Settings of the host that old clients write beside the configuration, not into `HostConfig`. */
export interface StrayHostConfig {
  Memory?: number;
  MemorySwap?: number;
  CpuShares?: number;
  CpusetCpus?: string;
  /** The oldest name of CpusetCpus. */
  Cpuset?: string;
  VolumeDriver?: string;
}

/** Body of `POST /containers/create`. */
export interface CreateContainerBody extends Partial<ContainerConfig>, StrayHostConfig {
  HostConfig?: Partial<HostConfig> | null;
  NetworkingConfig?: { EndpointsConfig?: Record<string, Partial<EndpointSettings> | null> | null } | null;
}
