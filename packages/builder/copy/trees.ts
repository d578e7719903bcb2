import type { ModeChange } from '#kernel';
import type { Owner } from './owner.ts';

/**
 * Work on whole trees, done off the main thread. Paths are real ones on the host, inside roots that nobody else writes
 * to meanwhile.
 */
export interface Trees {
  /** A checksum of a file, or of everything below a directory: names, kinds, modes, link targets, contents, with `owners` uid and gid too. */
  checksum(path: string, options: { owners: boolean }): Promise<string>;
  /** Makes the directory and what is missing above it, mode 0755; only what is made gets the owner. */
  makeDirectories(path: string, owner: Owner | undefined): Promise<void>;
  /**
   * Copies a file to `destination`, or what is in a directory into it. Existing directories are merged into, anything
   * else is replaced. With `owner` everything copied becomes its; with `mode` it has those permission bits, or its own changed so.
   */
  copy(source: string, destination: string, options: { owner: Owner | undefined; mode?: ModeChange | undefined }): Promise<void>;
  /** Unpacks a tar, compressed or not, into `destination`; false when the file is none. */
  unpack(archive: string, destination: string): Promise<boolean>;
}
