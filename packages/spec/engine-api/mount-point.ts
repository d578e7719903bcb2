/** Engine API, `MountPoint`: one entry of `Mounts` in inspect and list. */
export interface MountPoint {
  Type: 'bind' | 'volume' | 'tmpfs' | 'image';
  /** Volumes only. */
  Name?: string;
  Source: string;
  Destination: string;
  /** Volumes only. */
  Driver?: string;
  /** The options of `-v`, as given: `z`, `ro` … */
  Mode: string;
  RW: boolean;
  Propagation: string;
}
