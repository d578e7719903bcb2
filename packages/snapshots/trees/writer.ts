/**
 * Writes members of an archive into a tree. Where a member's directory is, and what may be followed on the way, is the
 * tree's business (`Places`); a member's own name is never followed.
 */
import { ftruncateSync, writeSync } from 'node:fs';
import { errnoOf, Internal, InvalidArgument, messageOf, NaruError, quote, type TarHeader, type TarSink } from '#base';
import { close, type FileStat, fileType, joinPath, linkat, lookup, mkdirat, mknodat, nodeTypes, openat, openDirectory, openFlags, setFdAttributes, setNameAttributes, splitPath, strerror, symlinkat, SystemError, utimensat } from '#kernel';

/** Finds and prepares directories of the tree that is written. Paths are clean (see path.ts). */
export interface Places {
  /** The directory `path`, made when missing, and where it really is. The descriptor stays the tree's and is valid until its next call. */
  directory(path: string): { fd: number; real: string };
  /** The directory that really is at `real`; undefined when there is none any more. */
  existing(real: string): number | undefined;
  /** Something stands where a member goes: takes it away, or throws. `real` is the path of the directory. */
  replace(real: string, name: string, existing: FileStat, header: TarHeader): void;
  /** Called for a hard link whose target is not there; true when it has brought it. */
  bring(path: string): boolean;
  /** Called after a directory has been made. */
  made(dirfd: number, name: string, replaced: FileStat | undefined): void;
}

/** What a member becomes; undefined leaves it out. */
export interface Mapped {
  readonly path: string;
  readonly header: TarHeader;
}

export interface WriterOptions {
  readonly places: Places;
  /** Where a member goes; a name handled here already is left out by returning undefined. */
  map(header: TarHeader): Mapped | undefined;
  /** Cleans the target of a hard link. */
  target(linkname: string): string;
}

export class TreeWriter implements TarSink, Disposable {
  readonly #options: WriterOptions;
  /** Directories get their times last: whatever is made in them changes it. */
  readonly #directories = new Map<string, TarHeader>();
  #file: { fd: number; header: TarHeader; end: number } | undefined;
  /** Bytes of all files' contents. */
  size = 0;
  members = 0;

  constructor(options: WriterOptions) {
    this.#options = options;
  }

  member(header: TarHeader): void {
    this.members++;
    try {
      const mapped = this.#options.map(header);
      if (mapped) this.#create(mapped);
    } catch (error) {
      throw inWords(error, header.name);
    }
  }

  data(chunk: Buffer, offset: number): void {
    if (!this.#file) return;
    try {
      writeAll(this.#file, chunk, offset);
    } catch (error) {
      throw inWords(error, this.#file.header.name);
    }
  }

  done(): void {
    if (!this.#file) return;
    const { fd, header, end } = this.#file;
    this.#file = undefined;
    try {
      if (end < header.size) ftruncateSync(fd, header.size);
      setFdAttributes(fd, header);
    } catch (error) {
      throw inWords(error, header.name);
    } finally {
      close(fd);
    }
    this.size += header.size;
  }

  /** Sets the directories' times. */
  finish(): void {
    for (const [real, header] of this.#directories) {
      const fd = this.#options.places.existing(real);
      if (fd !== undefined) utimensat(fd, '', header.mtime, header.mtimeNanoseconds);
    }
  }

  [Symbol.dispose](): void {
    if (this.#file) close(this.#file.fd);
  }

  #create({ path, header }: Mapped): void {
    if (path === '') {
      if (header.type !== 'directory') throw new InvalidArgument(`archive/tar: ${quote(header.name)} is the root and no directory`);
      return this.#directory(this.#options.places.directory('').fd, '.', '', header);
    }
    const { parent, name } = splitPath(path);
    const { fd: dirfd, real } = this.#options.places.directory(parent);
    try {
      this.#createAt(dirfd, real, name, header, undefined);
    } catch (error) {
      const existing = errnoOf(error) === 'EEXIST' ? lookup(dirfd, name) : undefined;
      if (!existing) throw error;
      this.#createOver(dirfd, real, name, header, existing);
    }
  }

  /** A directory on a directory only changes its attributes; everything else replaces what is there. */
  #createOver(dirfd: number, real: string, name: string, header: TarHeader, existing: FileStat): void {
    const merge = header.type === 'directory' && fileType(existing.mode) === nodeTypes.directory;
    if (merge) return this.#directory(dirfd, name, joinPath(real, name), header);
    this.#options.places.replace(real, name, existing, header);
    const { fd } = this.#options.places.directory(real);
    this.#createAt(fd, real, name, header, existing);
  }

  #createAt(dirfd: number, real: string, name: string, header: TarHeader, replaced: FileStat | undefined): void {
    switch (header.type) {
      case 'file': {
        const fd = openat(dirfd, name, openFlags.write | openFlags.create | openFlags.exclusive | openFlags.noFollow, header.mode & 0o777);
        this.#file = { fd, header, end: 0 };
        return;
      }
      case 'directory':
        mkdirat(dirfd, name, header.mode & 0o777);
        this.#options.places.made(dirfd, name, replaced);
        return this.#directory(dirfd, name, joinPath(real, name), header);
      case 'symlink':
        symlinkat(header.linkname, dirfd, name);
        return setNameAttributes(dirfd, name, header, true);
      case 'hardlink':
        return this.#link(real, name, header);
      default:
        mknodat(dirfd, name, nodeTypes[header.type] | 0o600, header.devmajor, header.devminor);
        return setNameAttributes(dirfd, name, header, false);
    }
  }

  /** Attributes of a hard link are its target's. The target's directory may push the link's own out of the cache. */
  #link(real: string, name: string, header: TarHeader): void {
    const { places, target } = this.#options;
    const path = target(header.linkname);
    const from = splitPath(path);
    const link = () => {
      const source = places.directory(from.parent);
      const fd = openat(source.fd, '.', openFlags.path | openFlags.directory);
      try {
        linkat(fd, from.name, places.directory(real).fd, name);
      } finally {
        close(fd);
      }
    };
    try {
      link();
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT' || !places.bring(path)) throw error;
      link();
    }
  }

  #directory(dirfd: number, name: string, real: string, header: TarHeader): void {
    const fd = openDirectory(dirfd, name);
    try {
      setFdAttributes(fd, header);
    } finally {
      close(fd);
    }
    this.#directories.set(real, header);
  }
}

function writeAll(file: { fd: number; end: number }, chunk: Buffer, offset: number): void {
  for (let done = 0; done < chunk.length; ) done += writeSync(file.fd, chunk, done, chunk.length - done, offset + done);
  file.end = offset + chunk.length;
}

/** A failed system call in Docker's words: the call, the path, the reason. */
function inWords(error: unknown, name: string): Error {
  if (error instanceof NaruError) return error;
  const { syscall, errno } = error as NodeJS.ErrnoException;
  if (errno === undefined) return new Internal(`${name}: ${messageOf(error)}`, { cause: error });
  const reason = error instanceof SystemError ? strerror(error.errno) : strerror(-errno);
  return new Internal(`${syscall} /${name.replace(/^\.?\/+/, '')}: ${reason}`, { cause: error });
}
