/**
 * Volumes: directories that outlive containers. The local driver keeps each under `<root>/<name>/_data`.
 *
 * A volume is *used by* containers by id; a used volume is not removed. Anonymous volumes have a 64-hex name and the
 * label `com.docker.volume.anonymous`. Reference counting belongs to the engine, which knows the containers.
 */
export interface VolumeRecord {
  readonly name: string;
  readonly driver: string;
  readonly mountpoint: string;
  /** Milliseconds since the epoch. */
  readonly created: number;
  readonly labels: Record<string, string>;
  readonly options: Record<string, string>;
  readonly anonymous: boolean;
}

export interface CreateVolume {
  /** '' for an anonymous one. */
  readonly name: string;
  readonly driver?: string;
  readonly labels?: Record<string, string>;
  readonly options?: Record<string, string>;
}

export interface Volumes {
  /** Makes it, or returns the one of that name when driver and options agree (Conflict otherwise). */
  create(request: CreateVolume): Promise<VolumeRecord>;
  find(name: string): VolumeRecord;
  list(): VolumeRecord[];
  remove(name: string): Promise<void>;
  /** The mount that brings the volume into a container: a bind of the mountpoint, or what its options say (tmpfs, nfs). */
  mount(name: string): { type: string; source: string; options: string[] };
  /** Bytes on disk. */
  usage(name: string): Promise<number>;
  recover(): Promise<void>;
}
