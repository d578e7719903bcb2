/** `GET /volumes` and `GET /volumes/{name}`. */
export interface VolumeSummary {
  readonly Name: string;
  readonly Driver: string;
  readonly Mountpoint: string;
  readonly CreatedAt?: string;
  readonly Scope: string;
  readonly Labels: Readonly<Record<string, string>> | null;
  readonly Options: Readonly<Record<string, string>> | null;
  /** Only on a volume of a swarm. */
  readonly ClusterVolume?: {
    readonly Version?: { readonly Index: number };
    readonly Spec?: { readonly Group?: string; readonly Availability?: string };
    readonly Info?: { readonly VolumeID?: string };
    readonly PublishStatus?: readonly { readonly State: string }[] | null;
  } | null;
  readonly UsageData?: { readonly Size: number; readonly RefCount: number } | null;
}

export interface VolumeList {
  readonly Volumes: readonly VolumeSummary[] | null;
  readonly Warnings: readonly string[] | null;
}
