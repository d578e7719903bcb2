import type { ChecksumJob } from './tree-checksum.ts';
import type { CopyJob } from './tree-copy.ts';

/** What the builder's worker threads do, by name (see builder.worker.ts). */
export type Jobs = {
  checksum(input: ChecksumJob): string;
  copy(input: CopyJob): void;
};
