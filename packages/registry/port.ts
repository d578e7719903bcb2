/**
 * The registry: repositories of blobs and manifests behind the OCI distribution protocol v1.1.
 *
 * Words. A *repository* is a path (`library/centos`) that comes to be with its first upload. It *links* blobs: the
 * bytes lie once in the content store, however many repositories hold them, and only a link makes them readable
 * there. A *manifest* is a small blob with a media type that the repository knows; a *tag* names one. An *upload* is a
 * blob on its way in, in one or many requests; it survives a restart.
 *
 * Where bytes lie is the content store's affair, where links lie is `RepositoryIndex`'s: each can be another driver.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Digest } from '#base';
import type { ContentStore } from '#content';

export interface ManifestRecord {
  readonly digest: Digest;
  readonly mediaType: string;
  /** Bytes. */
  readonly size: number;
  readonly subject: Digest | undefined;
  /** The artifact's own type, or its config's media type (distribution-spec, "Listing Referrers"). */
  readonly artifactType: string | undefined;
  readonly annotations: Readonly<Record<string, string>> | undefined;
  /** Blobs and manifests that it needs, for garbage collection. */
  readonly references: readonly Digest[];
}

export interface RepositoryIndex {
  exists(repository: string): boolean;
  /** Names after `last`, in order, at most `limit`. */
  repositories(last: string, limit: number): string[];
  hasBlob(repository: string, digest: Digest): boolean;
  linkBlob(repository: string, digest: Digest): void;
  /** False when it was not linked. */
  unlinkBlob(repository: string, digest: Digest): boolean;
  manifest(repository: string, reference: string): ManifestRecord | undefined;
  putManifest(repository: string, record: ManifestRecord, tags: readonly string[]): void;
  /** By digest: the manifest and its tags; by tag: the tag alone. False when absent. */
  deleteManifest(repository: string, reference: string): boolean;
  tags(repository: string, last: string, limit: number): string[];
  referrers(repository: string, subject: Digest): ManifestRecord[];
  startUpload(id: string, repository: string): void;
  hasUpload(id: string, repository: string): boolean;
  endUpload(id: string): void;
  /** Uploads started before `time` (milliseconds since the epoch). */
  uploadsBefore(time: number): { id: string; repository: string }[];
  /** Unlinks blobs that no manifest needs and that were linked before `time`. */
  unlinkUnused(time: number): void;
  /** Every digest that some repository links or lists. */
  reachable(): Set<Digest>;
}

export type Action = 'pull' | 'push' | 'delete' | '*';

/** What a request wants to do: `repository:NAME:ACTION` or `registry:catalog:*` in a token's scope. */
export interface Access {
  readonly type: 'repository' | 'registry';
  readonly name: string;
  readonly action: Action;
}

/** Decides who may do what. */
export interface Authority {
  /** `granted` when the request may do all of `accesses`; never throws for bad credentials. */
  authorize(request: IncomingMessage, accesses: readonly Access[]): Promise<'granted' | Refusal>;
}

export interface Refusal {
  /** The WWW-Authenticate header of the 401; undefined for a client that is known and may not (403). */
  readonly challenge: string | undefined;
}

/** One request on its way through an endpoint. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  /** The repository. Empty for endpoints outside of one. */
  readonly name: string;
  /** Digest, tag or upload id: the last part of the path. Empty where there is none. */
  readonly target: string;
  readonly registry: Registry;
}

/** What every endpoint works on. */
export interface Registry {
  readonly content: ContentStore;
  readonly index: RepositoryIndex;
  readonly uploads: Uploads;
  /** Whether the request may also do `access` (mounting a blob from another repository). */
  permits(request: IncomingMessage, access: Access): Promise<boolean>;
}

/** Uploads in progress. Throws RegistryError for what the client got wrong. */
export interface Uploads {
  start(repository: string): Promise<string>;
  /** Bytes received so far. */
  offset(repository: string, id: string): Promise<number>;
  /** Appends a body; `start` is the client's idea of the offset. Returns the new offset. What came before a hang-up stays. */
  append(repository: string, id: string, body: AsyncIterable<Uint8Array>, start: number | undefined): Promise<number>;
  /** Checks the digest, publishes the blob and links it. */
  finish(repository: string, id: string, digest: Digest): Promise<void>;
  cancel(repository: string, id: string): Promise<void>;
}
