/**
 * The engine's containers: what the client asked for and what Docker's API shows of it. Beside it the supervisor keeps
 * what runs. Held in memory, written through to the metadata store.
 */
import type { Digest } from '#base';
import type { ContainerConfig, EndpointSettings, HostConfig, MountPoint } from '#spec';

export interface ContainerRecord {
  /** 64 hexadecimal digits. */
  readonly id: string;
  /** Without the leading slash. */
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly created: number;
  /** Image id, also after the image itself was removed by force. */
  readonly image: Digest;
  /** The image's defaults merged in. `config.Image` is the reference the client wrote. */
  readonly config: ContainerConfig;
  readonly hostConfig: HostConfig;
  /** Endpoint settings asked for, by network name; addresses are those of the last run. */
  readonly networks: Readonly<Record<string, EndpointSettings>>;
  /** Volumes and binds as they were resolved at create. */
  readonly mounts: readonly MountPoint[];
  /** Starts by restart policy since the last start by a person. */
  readonly restartCount: number;
  /** A person stopped it: `unless-stopped` does not start it again. */
  readonly manuallyStopped: boolean;
  readonly platform: string;
}

export interface ContainerStore {
  get(id: string): ContainerRecord | undefined;
  /** By name, id, or unambiguous id prefix; throws NotFound (`No such container: x`), InvalidArgument when the prefix fits several. */
  find(nameOrId: string): ContainerRecord;
  /** Newest first. */
  list(): ContainerRecord[];
  /** Throws Conflict when the name is taken. */
  insert(record: ContainerRecord): void;
  /** Replaces fields; the record of that id must exist. */
  update(id: string, change: Partial<Omit<ContainerRecord, 'id'>>): ContainerRecord;
  /** Absent is fine. */
  delete(id: string): void;
}
