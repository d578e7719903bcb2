import type { Digest } from '#base';

/** What the room's worker threads do, by name (see images.worker.ts). */
export type Jobs = {
  /** `written`: an Int64 that tells how many bytes are in the file at `gzipPath`. */
  gzip(input: { tarPath: string; gzipPath: string; written: SharedArrayBuffer }): Promise<{ digest: Digest; size: number }>;
};
