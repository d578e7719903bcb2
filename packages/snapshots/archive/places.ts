/**
 * Directories of a root file system that others may change while an archive is unpacked into it. Every one is opened
 * from the root's descriptor with all links followed inside the root.
 */
import { errnoOf, InvalidArgument, quote, type TarHeader, tolerating } from '#base';
import { chownat, Descriptors, type FileStat, fileType, joinPath, mkdirat, nodeTypes, openFlags, removeAt, splitPath } from '#kernel';
import type { Places } from '../trees/writer.ts';
import type { Owner } from './ids.ts';
import type { Root } from './resolve.ts';

export interface RootPlacesOptions {
  /** Refuse to put a file where a directory is, and the other way round. */
  readonly noOverwriteDirNonDir: boolean;
  /** Owner of the directories that are made on the way. */
  readonly maker: Owner;
}

export class RootPlaces implements Places, Disposable {
  readonly #root: Root;
  readonly #base: string;
  readonly #options: RootPlacesOptions;
  readonly #open = new Descriptors();

  /** `base`, clean and relative to the root, is where the archive's names begin. */
  constructor(root: Root, base: string, options: RootPlacesOptions) {
    this.#root = root;
    this.#base = base;
    this.#options = options;
  }

  directory(path: string): { fd: number; real: string } {
    return { fd: this.#open.get(path) ?? this.#open.keep(path, this.#openOrMake(path)), real: path };
  }

  existing(real: string): number | undefined {
    return tolerating(['ENOENT', 'ENOTDIR'], undefined, () => this.#open.get(real) ?? this.#open.keep(real, this.#openDirectory(real)));
  }

  replace(real: string, name: string, existing: FileStat, header: TarHeader): void {
    const isDirectory = fileType(existing.mode) === nodeTypes.directory;
    const [path, base] = [quote(`/${joinPath(this.#base, joinPath(real, name))}`), quote(`/${this.#base}`)];
    if (this.#options.noOverwriteDirNonDir && isDirectory) throw new InvalidArgument(`cannot overwrite directory ${path} with non-directory ${base}`);
    if (this.#options.noOverwriteDirNonDir && header.type === 'directory') throw new InvalidArgument(`cannot overwrite non-directory ${path} with directory ${base}`);
    removeAt(this.directory(real).fd, name);
    if (isDirectory) this.#open.clear();
  }

  bring(): boolean {
    return false;
  }

  made(): void {}

  [Symbol.dispose](): void {
    this.#open[Symbol.dispose]();
  }

  #openOrMake(path: string): number {
    try {
      return this.#openDirectory(path);
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT' || path === '') throw error;
    }
    const { parent, name } = splitPath(path);
    const { fd } = this.directory(parent);
    try {
      mkdirat(fd, name, 0o755);
      chownat(fd, name, this.#options.maker.uid, this.#options.maker.gid);
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error; // Somebody was faster, or a link leads nowhere: opening tells.
    }
    return this.#openDirectory(path);
  }

  #openDirectory(path: string): number {
    return this.#root.open(joinPath(this.#base, path), openFlags.read | openFlags.directory);
  }
}
