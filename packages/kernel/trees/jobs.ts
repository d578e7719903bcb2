import type { CopyInput } from './copy.ts';

/** What the threads do, by name (see trees.worker.ts). */
export type Jobs = {
  copy(input: CopyInput): void;
  hash(input: { path: string; owners: boolean }): string;
  usage(input: { path: string }): { bytes: number; inodes: number };
  belowChroot(input: object): boolean;
  remove(input: { path: string }): void;
};
