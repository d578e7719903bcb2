import type { CopyInput } from './copy.ts';
import type { RelabelInput } from './relabel.ts';

/** What the threads do, by name (see trees.worker.ts). */
export type Jobs = {
  copy(input: CopyInput): void;
  hash(input: { path: string; owners: boolean }): string;
  usage(input: { path: string }): { bytes: number; inodes: number };
  belowChroot(input: object): boolean;
  relabel(input: RelabelInput): void;
  remove(input: { path: string }): void;
};
