/** Engine API, images: what lists, inspect, history, removal and transfers say. */
import type { Descriptor, Platform } from '../oci-image.ts';

/** One entry of `GET /images/json`. Sizes in bytes, -1 where it was not asked for. */
export interface ImageSummary {
  Id: string;
  ParentId: string;
  RepoTags: string[];
  RepoDigests: string[];
  /** Seconds since the epoch. */
  Created: number;
  Size: number;
  SharedSize: number;
  /** Up to API 1.43. */
  VirtualSize?: number;
  Labels: Record<string, string> | null;
  Containers: number;
  /** Since API 1.47, where asked for. */
  Manifests?: ImageManifestSummary[];
}

/** One manifest of an image (API 1.47). Sizes in bytes. */
export interface ImageManifestSummary {
  ID: string;
  Descriptor: Descriptor;
  Available: boolean;
  Size: { Content: number; Total: number };
  Kind: 'image' | 'attestation' | 'unknown';
  ImageData?: { Platform: Platform; Containers: string[]; Size: { Unpacked: number } };
}

/** `GET /images/{name}/json`. */
export interface ImageInspect {
  Id: string;
  RepoTags: string[];
  RepoDigests: string[];
  Parent: string;
  Comment: string;
  Created?: string;
  /** Up to API 1.44. */
  Container?: string;
  /** Up to API 1.44. */
  ContainerConfig?: Record<string, unknown>;
  DockerVersion: string;
  Author: string;
  Config: Record<string, unknown>;
  Architecture: string;
  Variant?: string;
  Os: string;
  OsVersion?: string;
  Size: number;
  /** Up to API 1.43. */
  VirtualSize?: number;
  GraphDriver: { Data: Record<string, string>; Name: string };
  RootFS: { Type: string; Layers: string[] };
  Metadata: { LastTagTime: string };
  /** Since API 1.48. */
  Descriptor?: Descriptor;
  /** Since API 1.48, where asked for. */
  Manifests?: ImageManifestSummary[];
}

/** One entry of `GET /images/{name}/history`. */
export interface ImageHistoryItem {
  Comment: string;
  /** Seconds since the epoch. */
  Created: number;
  CreatedBy: string;
  /** Image id, or `<missing>` for a step that has none here. */
  Id: string;
  /** Bytes. */
  Size: number;
  Tags: string[] | null;
}

/** One entry of the answer to `DELETE /images/{name}` and of `ImagesDeleted`. */
export type ImageDeleteItem = { Untagged: string } | { Deleted: string };

/** One line of a transfer's or build's JSON stream. */
export interface ProgressMessage {
  stream?: string;
  status?: string;
  progressDetail?: { current?: number; total?: number };
  progress?: string;
  id?: string;
  errorDetail?: { code?: number; message: string };
  error?: string;
  aux?: unknown;
}
