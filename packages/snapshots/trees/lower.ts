/**
 * The layers below one that is being written, seen merged as overlayfs would show them: an upper directory adds to the
 * lower ones of its name unless it is opaque, anything else hides them, a whiteout hides and is nothing itself.
 *
 * Layers are immutable and no symbolic link is followed: a path's directories are known to be directories before
 * anything below them is looked at.
 */
import { cwd, fileType, getXattr, isWhiteout, lookup, nodeTypes, overlayAttribute, type FileStat } from '#kernel';

export type LowerEntry =
  | { readonly kind: 'absent' }
  /** `path` is the topmost of the directories, whose attributes show. */
  | { readonly kind: 'directory'; readonly path: string; readonly stat: FileStat; readonly layers: readonly string[] }
  | { readonly kind: 'other'; readonly path: string; readonly stat: FileStat };

const absent: LowerEntry = { kind: 'absent' };

export class LowerTree {
  readonly #directories = new Map<string, LowerEntry>();

  /** `layers` topmost first. */
  constructor(layers: readonly string[]) {
    const top = layers[0];
    this.#directories.set('', top === undefined ? absent : { kind: 'directory', path: top, stat: statOf(top), layers });
  }

  /** What is at `path` (relative, clean, no `..`; '' is the root). */
  find(path: string): LowerEntry {
    const known = this.#directories.get(path);
    if (known) return known;
    const slash = path.lastIndexOf('/');
    const parent = this.find(slash < 0 ? '' : path.slice(0, slash));
    const entry = parent.kind === 'directory' ? merge(parent.layers, path.slice(slash + 1)) : absent;
    if (entry.kind === 'directory') this.#directories.set(path, entry);
    return entry;
  }

  isEmpty(): boolean {
    return this.#directories.get('')?.kind === 'absent';
  }
}

/** Looks a name up in the directories that lie over each other. */
function merge(directories: readonly string[], name: string): LowerEntry {
  const layers: string[] = [];
  let top: FileStat | undefined;
  for (const directory of directories) {
    const path = `${directory}/${name}`;
    const stat = lookup(cwd, path);
    if (!stat) continue;
    if (fileType(stat.mode) !== nodeTypes.directory) {
      if (layers.length === 0 && !isWhiteout(stat)) return { kind: 'other', path, stat };
      break;
    }
    layers.push(path);
    top ??= stat;
    if (isOpaque(path)) break;
  }
  return top ? { kind: 'directory', path: layers[0] as string, stat: top, layers } : absent;
}

/** True for a directory that hides those of its name in lower layers. */
export function isOpaque(path: string): boolean {
  return getXattr(path, overlayAttribute('opaque'))?.toString() === 'y';
}

function statOf(path: string): FileStat {
  const stat = lookup(cwd, path);
  if (!stat) throw new Error(`layer directory ${path} does not exist`);
  return stat;
}
