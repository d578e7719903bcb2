/** Engine API, volumes. */

/** `GET /volumes/{name}` and an entry of `GET /volumes`. */
export interface VolumeResource {
  CreatedAt?: string;
  Driver: string;
  Labels: Record<string, string> | null;
  Mountpoint: string;
  Name: string;
  Options: Record<string, string> | null;
  Scope: 'local' | 'global';
  /** What the driver tells of it. */
  Status?: Record<string, unknown>;
  /** In `GET /system/df` alone. Bytes; containers that use it. */
  UsageData?: { RefCount: number; Size: number };
}

/** Body of `POST /volumes/create`. */
export interface CreateVolumeBody {
  Name?: string;
  Driver?: string;
  DriverOpts?: Record<string, string> | null;
  Labels?: Record<string, string> | null;
  ClusterVolumeSpec?: unknown;
}
