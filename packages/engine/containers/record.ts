/** One container as the engine keeps it: what the client asked for, as Docker's API shows it. */
import type { Digest } from '#base';
import type { ContainerLabels } from './labels/choose.ts';
import type { WantedMount } from './spec/bind.ts';
import type { ContainerConfig, EndpointSettings, HostConfig, MountPoint } from '#spec';

export interface ContainerRecord {
  /** 64 hexadecimal digits. */
  readonly id: string;
  /** Without the leading slash. */
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly created: number;
  /** Image id, also after the image itself was removed by force; '' for a container of nothing. */
  readonly image: Digest | '';
  /** The image's defaults merged in. `config.Image` is the reference the client wrote. */
  readonly config: ContainerConfig;
  readonly hostConfig: HostConfig;
  /** Endpoint settings asked for, by network name. */
  readonly networks: Readonly<Record<string, EndpointSettings>>;
  /** Volumes and binds as they were resolved at create, for inspect; volumes by their real names. */
  readonly mounts: readonly MountPoint[];
  /** The same with tmpfs mounts and every detail, for the next start. */
  readonly wantedMounts: readonly WantedMount[];
  /** Starts by restart policy since the last start by a person. */
  readonly restartCount: number;
  /** A person stopped it: `unless-stopped` does not start it again. */
  readonly manuallyStopped: boolean;
  /** A commit has paused it, and lets it go on: the next daemon does where this one is killed amid it. */
  readonly heldForCommit?: boolean;
  readonly platform: string;
  /** SELinux's, chosen when it was made; undefined where narud labelled nothing then. */
  readonly labels?: ContainerLabels;
  /** Container names by which `--link` calls others, `name:alias`. */
  readonly links: readonly string[];
}
