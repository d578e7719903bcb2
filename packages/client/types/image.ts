/** Engine API answers about images. */

/** `GET /images/json`. */
export interface ImageSummary {
  readonly Id: string;
  readonly ParentId: string;
  readonly RepoTags: readonly string[] | null;
  readonly RepoDigests: readonly string[] | null;
  /** Seconds since the epoch. */
  readonly Created: number;
  readonly Size: number;
  readonly SharedSize: number;
  readonly Containers: number;
  readonly Labels: Readonly<Record<string, string>> | null;
  /** The manifests of each platform, where they were asked for (API 1.47). */
  readonly Manifests?: readonly ImageManifestSummary[] | null;
}

export interface ImageManifestSummary {
  readonly ID: string;
  readonly Available: boolean;
  /** Bytes. */
  readonly Size: { readonly Content: number; readonly Total: number };
  readonly Kind: 'image' | 'attestation' | 'unknown';
  readonly ImageData?: {
    readonly Platform: { readonly architecture: string; readonly os: string; readonly variant?: string };
    readonly Containers: readonly string[] | null;
  } | null;
}

/** `GET /images/{name}/history`. */
export interface HistoryItem {
  readonly Id: string;
  readonly Created: number;
  readonly CreatedBy: string;
  readonly Tags: readonly string[] | null;
  readonly Size: number;
  readonly Comment: string;
}

/** `DELETE /images/{name}` and the prune report's list. */
export interface ImageDeletion {
  readonly Untagged?: string;
  readonly Deleted?: string;
}

/** `GET /images/search`. */
export interface SearchResult {
  readonly name: string;
  readonly description: string;
  readonly star_count: number;
  readonly is_official: boolean;
  readonly is_automated?: boolean;
}

/** One message of pull, push, load, import and build. */
export interface ProgressMessage {
  readonly stream?: string;
  readonly status?: string;
  readonly id?: string;
  readonly progress?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number; readonly start?: number; readonly hidecounts?: boolean; readonly units?: string } | null;
  readonly error?: string;
  readonly errorDetail?: { readonly code?: number; readonly message?: string };
  readonly aux?: unknown;
}
