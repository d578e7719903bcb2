/**
 * Directories of a layer that is being unpacked, over the layers below it. Only Naru writes here, and every element of
 * a path is looked at before it is entered: symbolic links, of this layer or of those below, are followed inside the
 * root and nowhere else.
 */
import { isOpaque, LowerTree, type LowerEntry } from '../trees/lower.ts';
import type { Places } from '../trees/writer.ts';
import { decodeName, InvalidArgument, tolerating } from '#base';
import { type Attributes, attributesOf, close, copyFile, cwd, Descriptors, type FileStat, fileType, isWhiteout, joinPath, lookup, mkdirat, nodeTypes, openat, openat2, openFlags, overlayAttribute, readlinkat, removeTreeSync, resolveFlags, setFdAttributes, setFdXattr, splitPath, unlinkat, utimensat } from '#kernel';

/** As the kernel: more links than this on one path are a circle. */
const mostLinks = 40;

const asDirectory = openFlags.read | openFlags.directory | openFlags.noFollow;
const plain: Attributes = { mode: 0o755, uid: 0, gid: 0, mtime: 0, mtimeNanoseconds: 0, xattrs: undefined };

export class LayerPlaces implements Places, Disposable {
  readonly lower: LowerTree;
  readonly merging: boolean;
  readonly #upper: string;
  readonly #root: number;
  readonly #open = new Descriptors();
  /** Directories known to be real ones in the upper tree; true: nothing of lower layers shows in them. */
  readonly #known = new Map<string, boolean>();
  /** Directories that no member named: their time is set at the end, to that of the lower one or to 0. */
  readonly #implied = new Map<string, Attributes>();

  /** `merging`: the upper tree holds earlier layers already. */
  constructor(upper: string, lowers: readonly string[], merging = false) {
    this.merging = merging;
    this.#upper = upper;
    this.#root = openat(cwd, upper, asDirectory);
    this.lower = new LowerTree(lowers);
    this.#known.set('', this.lower.isEmpty());
  }

  directory(path: string): { fd: number; real: string } {
    const real = this.#known.has(path) ? path : this.#resolve(path);
    return { fd: this.#descriptor(real), real };
  }

  existing(real: string): number | undefined {
    return tolerating(['ENOENT', 'ENOTDIR', 'ELOOP'], undefined, () => this.#descriptor(real));
  }

  replace(real: string, name: string, existing: FileStat): void {
    if (fileType(existing.mode) !== nodeTypes.directory) return unlinkat(this.#descriptor(real), name);
    this.#open.clear();
    const path = joinPath(real, name);
    for (const known of this.#known.keys()) if (known === path || known.startsWith(`${path}/`)) this.#known.delete(known);
    removeTreeSync(`${this.#upper}/${path}`);
  }

  /** A hard link to a file of a lower layer: copies the file up, as overlayfs does when it links. */
  bring(path: string): boolean {
    const { parent, name } = splitPath(path);
    const { fd, real } = this.directory(parent);
    const below = this.visibleBelow(joinPath(real, name));
    if (below.kind !== 'other') return false;
    copyFile(below.path, below.stat, fd, name);
    return true;
  }

  made(dirfd: number, name: string, replaced: FileStat | undefined): void {
    if (replaced && (this.merging || isWhiteout(replaced))) setOpaque(openat(dirfd, name, asDirectory));
  }

  /** Marks `real` opaque: what lower layers have there is hidden. */
  hideBelow(real: string): void {
    this.#known.set(real, true);
    setFdXattr(this.#descriptor(real), overlayAttribute('opaque'), Buffer.from('y'));
  }

  /** What lower layers show at `real`, past the opaque directories of this one. */
  visibleBelow(real: string): LowerEntry {
    const hidden = this.#known.get(splitPath(real).parent) ?? this.lower.isEmpty();
    return hidden ? { kind: 'absent' } : this.lower.find(real);
  }

  /** Sets the times of directories that no member named. */
  finish(): void {
    for (const [real, { mtime, mtimeNanoseconds }] of this.#implied) {
      const fd = this.existing(real);
      if (fd !== undefined) utimensat(fd, '', mtime, mtimeNanoseconds);
    }
  }

  [Symbol.dispose](): void {
    this.#open[Symbol.dispose]();
    close(this.#root);
  }

  #resolve(path: string): string {
    let rest = path.split('/');
    let current = '';
    for (let links = 0; rest.length > 0; ) {
      const [name = '', ...after] = rest;
      rest = after;
      if (name === '' || name === '.') continue;
      const target = name === '..' ? '..' : this.#enter(current, name);
      if (target === undefined) current = joinPath(current, name);
      else if (target === '..') current = splitPath(current).parent;
      else {
        if (++links > mostLinks) throw new InvalidArgument(`/${path}: too many levels of symbolic links`);
        if (target.startsWith('/')) current = '';
        rest = [...target.split('/'), ...rest];
      }
    }
    return current;
  }

  /** Makes sure that `name` in the real directory `parent` is a directory; returns the target when it is a symbolic link. */
  #enter(parent: string, name: string): string | undefined {
    const path = joinPath(parent, name);
    if (this.#known.has(path)) return undefined;
    const dirfd = this.#descriptor(parent);
    const stat = lookup(dirfd, name);
    if (stat && fileType(stat.mode) === nodeTypes.symlink) return decodeName(readlinkat(dirfd, name));
    if (stat && fileType(stat.mode) === nodeTypes.directory) {
      this.#known.set(path, this.#known.get(parent) === true || isOpaque(`${this.#upper}/${path}`));
      return undefined;
    }
    if (stat && !isWhiteout(stat)) throw new InvalidArgument(`mkdir /${path}: not a directory`);
    const below = stat ? undefined : this.visibleBelow(path);
    if (below?.kind === 'other' && fileType(below.stat.mode) === nodeTypes.symlink) return decodeName(readlinkat(cwd, below.path));
    this.#make(parent, name, stat, below);
    return undefined;
  }

  /** A directory that no member named: like the one below that it will cover, or plain. */
  #make(parent: string, name: string, whiteout: FileStat | undefined, below: LowerEntry | undefined): void {
    const path = joinPath(parent, name);
    const dirfd = this.#descriptor(parent);
    if (whiteout) unlinkat(dirfd, name);
    mkdirat(dirfd, name, 0o700);
    this.made(dirfd, name, whiteout);
    const like = below?.kind === 'directory' ? attributesOf(below.path, below.stat) : plain;
    this.#known.set(path, below?.kind !== 'directory');
    setFdAttributes(this.#descriptor(path), like);
    this.#implied.set(path, like);
  }

  #descriptor(real: string): number {
    if (real === '') return this.#root;
    const resolve = resolveFlags.beneath | resolveFlags.noSymlinks;
    return this.#open.get(real) ?? this.#open.keep(real, openat2(this.#root, real, { flags: asDirectory, resolve }));
  }
}

function setOpaque(fd: number): void {
  try {
    setFdXattr(fd, overlayAttribute('opaque'), Buffer.from('y'));
  } finally {
    close(fd);
  }
}
