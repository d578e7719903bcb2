/**
 * Volumes: directories that outlive containers. The local driver keeps each under `<root>/<name>/_data`.
 *
 * A volume is *used by* containers by id; a used volume is not removed. Anonymous volumes have a 64-hex name and the
 * label `com.docker.volume.anonymous`. Reference counting belongs to the engine, which knows the containers.
 */
import type { Holder } from './holders.ts';

export interface VolumeRecord {
  readonly name: string;
  readonly driver: string;
  readonly mountpoint: string;
  /** Milliseconds since the epoch; 0 when nobody knows. */
  readonly created: number;
  /** null where whoever made it said nothing of any; so are options. */
  readonly labels: Readonly<Record<string, string>> | null;
  readonly options: Readonly<Record<string, string>> | null;
  readonly anonymous: boolean;
  /** `local` when not given. */
  readonly scope?: 'local' | 'global';
  /** What the driver tells of it, when somebody looked. */
  readonly status?: Readonly<Record<string, unknown>>;
}

export interface CreateVolume {
  /** '' for an anonymous one. */
  readonly name: string;
  readonly driver?: string;
  readonly labels?: Readonly<Record<string, string>> | null;
  readonly options?: Readonly<Record<string, string>> | null;
}

export interface Volumes {
  /**
   * Makes it, or returns the one of that name, whatever its options. Throws InvalidArgument for bad names and options,
   * NotFound for a driver that is not here, in Docker's words.
   */
  create(request: CreateVolume): Promise<VolumeRecord>;
  /** Throws NotFound (`get …: no such volume`). */
  find(name: string): VolumeRecord;
  list(): VolumeRecord[];
  /** As `find`, the driver asked. Throws NotFound, or Internal in the driver's words. */
  look(name: string): Promise<VolumeRecord>;
  /** As `list`, every driver asked; drivers that do not answer are warned of. */
  lookAll(): Promise<{ volumes: VolumeRecord[]; warnings: string[] }>;
  /** Deletes the volume and its data; throws NotFound. The caller knows that no container uses it. */
  remove(name: string): Promise<void>;
  /** The mount that brings the volume into a container: a bind of the mountpoint, or what its options say (nfs, a device). */
  mount(name: string): { type: string; source: string; options: string[] };
  /** Has the driver bring the files to the mountpoint, for `user` (a container's id) until it releases them. The local driver's are there always, but for memory. */
  acquire(name: string, user: string): Promise<void>;
  /** Nothing when `user` holds nothing. What is asked for one volume happens in the order in which it was asked. */
  release(name: string, user: string): Promise<void>;
  /** Who holds which volume, as far as drivers were asked: also of a daemon that was killed. */
  acquired(): Holder[];
  /** Bytes of its files; -1 for a driver that does not tell. */
  usage(name: string): Promise<number>;
  /** Finishes removals that a killed process began, and takes in directories that no row names; called once at start. */
  recover(): Promise<void>;
}
