/**
 * Limits of what directories may hold, by project quotas. Each limited directory has a project id of its own.
 *
 * Who has which id is in the file system's own books and nowhere else: an id is taken while anything bears it or a limit
 * is set on it, whoever did that. So nothing is to be recovered after a crash, ids of other programs are left alone, and an
 * id is free again by itself once its directory is gone, provided that the limit was lifted before.
 */
import { closeSync, openSync, statSync } from 'node:fs';
import { errnoOf, Internal, tolerating } from '#base';
import { inUserNamespace } from '../user-namespace.ts';
import { projectOf, setProject } from './project.ts';
import { enforcesProjects, limitProject, projectUsage } from './quotactl.ts';

export interface DirectoryQuotas {
  /** Limits `directory` to so many bytes, with all that is made in it from now on; 0 is no limit. Throws SystemError. */
  limit(directory: string, bytes: number): void;
  /** Its limit in bytes; 0 where it has none. Throws SystemError. */
  limitOf(directory: string): number;
  /** To be called before the directory is removed; one that is gone is fine. Throws SystemError. */
  lift(directory: string): void;
}

/** Quotas for directories in `root`; undefined where its file system limits no projects, and in a user namespace, which may not. */
export function directoryQuotas(root: string): DirectoryQuotas | undefined {
  return !inUserNamespace() && limitsProjects(root) ? new ProjectQuotas(root) : undefined;
}

/** How file systems, kernels and whoever stands before them say that there are no such quotas. */
const without: readonly (string | undefined)[] = ['ENOSYS', 'EINVAL', 'ENOTTY', 'ENOTSUP', 'ESRCH', 'ENOTBLK', 'ENODEV', 'EPERM', 'EACCES'];

function limitsProjects(root: string): boolean {
  try {
    return onFileSystem(root, enforcesProjects);
  } catch (error) {
    if (without.includes(errnoOf(error))) return false;
    throw error;
  }
}

const largestProject = 2 ** 32 - 2;

class ProjectQuotas implements DirectoryQuotas {
  readonly #root: string;
  #last: number;

  constructor(root: string) {
    this.#root = root;
    this.#last = projectOf(root);
  }

  limit(directory: string, bytes: number): void {
    let id = this.#ownProject(directory);
    if (id === undefined) {
      if (bytes === 0) return;
      id = this.#freeProject();
      setProject(directory, id);
    }
    const own = id;
    onFileSystem(this.#root, (fd) => limitProject(fd, own, bytes));
  }

  limitOf(directory: string): number {
    const id = this.#ownProject(directory);
    return id === undefined ? 0 : onFileSystem(this.#root, (fd) => projectUsage(fd, id).limit);
  }

  lift(directory: string): void {
    tolerating(['ENOENT'], undefined, () => this.limit(directory, 0));
  }

  /** A directory that was given none has its parent's, which somebody may have limited as a whole; another file system that somebody mounted on it has ids that are none of ours, or none at all. */
  #ownProject(directory: string): number | undefined {
    if (statSync(directory).dev !== statSync(this.#root).dev) return undefined;
    const id = projectOf(directory);
    return id === projectOf(this.#root) ? undefined : id;
  }

  #freeProject(): number {
    const first = projectOf(this.#root) + 1;
    return onFileSystem(this.#root, (fd) => {
      for (let tries = first; tries < largestProject; tries++) {
        this.#last = this.#last < largestProject ? this.#last + 1 : first;
        if (isFree(fd, this.#last)) return this.#last;
      }
      throw new Internal('every project id of the file system is taken');
    });
  }
}

function isFree(fd: number, id: number): boolean {
  try {
    const { limit, used, inodes } = projectUsage(fd, id);
    return limit === 0 && used === 0 && inodes === 0;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return true;
    throw error;
  }
}

function onFileSystem<T>(root: string, work: (fd: number) => T): T {
  const fd = openSync(root, 'r');
  try {
    return work(fd);
  } finally {
    closeSync(fd);
  }
}
