/** Engine API answers about the engine itself. */
import type { ContainerSummary } from './container.ts';
import type { ImageSummary } from './image.ts';
import type { VolumeSummary } from './volume.ts';

/** `GET /version`. */
export interface VersionAnswer {
  readonly Platform?: { readonly Name: string };
  readonly Components?: readonly { readonly Name: string; readonly Version: string; readonly Details?: Readonly<Record<string, string>> | null }[];
  readonly Version: string;
  readonly ApiVersion: string;
  readonly MinAPIVersion?: string;
  readonly GitCommit: string;
  readonly GoVersion: string;
  readonly Os: string;
  readonly Arch: string;
  readonly KernelVersion?: string;
  readonly Experimental?: boolean;
  readonly BuildTime?: string;
}

/** `GET /info`: a large object, read by name. */
export type InfoAnswer = Readonly<Record<string, unknown>>;

/** `GET /system/df`. */
export interface DiskUsage {
  readonly LayersSize: number;
  readonly Images: readonly ImageSummary[] | null;
  readonly Containers: readonly ContainerSummary[] | null;
  readonly Volumes: readonly VolumeSummary[] | null;
  readonly BuildCache: readonly BuildCacheRecord[] | null;
}

export interface BuildCacheRecord {
  readonly ID: string;
  readonly Type: string;
  readonly Description: string;
  readonly InUse: boolean;
  readonly Shared: boolean;
  readonly Size: number;
  readonly CreatedAt: string;
  readonly LastUsedAt?: string | null;
  readonly UsageCount: number;
}

/** `POST /auth`. */
export interface AuthAnswer {
  readonly Status: string;
  readonly IdentityToken?: string;
}
