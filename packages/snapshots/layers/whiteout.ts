/** Deleted names in layer archives (OCI image-spec layer.md, "Whiteouts") and on disk (overlayfs.rst). */
import { errnoOf } from '#base';
import { fileType, isWhiteout, joinPath, lookup, mknodat, namesIn, nodeTypes, splitPath } from '#kernel';
import type { LayerPlaces } from './places.ts';

export const whiteoutPrefix = '.wh.';
export const opaqueName = '.wh..wh..opq';
/** AUFS' own bookkeeping, which ancient layers carry. */
const aufsPrefix = '.wh..wh.';

/** Applies the member at `path` when it is a whiteout; false when it is an ordinary member. */
export function applyWhiteout(places: LayerPlaces, path: string): boolean {
  const { parent, name } = splitPath(path);
  if (!name.startsWith(whiteoutPrefix)) return path.startsWith(aufsPrefix);
  if (name === opaqueName) hideAll(places, parent);
  else if (!name.startsWith(aufsPrefix)) hide(places, parent, name.slice(whiteoutPrefix.length));
  return true;
}

/** An opaque directory. The root cannot be one for overlayfs: each name that shows through is hidden instead. */
function hideAll(places: LayerPlaces, path: string): void {
  const { fd, real } = places.directory(path);
  if (places.merging) for (const name of namesIn(`/proc/self/fd/${fd}`)) remove(places, path, name);
  if (real !== '') return places.lower.isEmpty() ? undefined : places.hideBelow(real);
  const root = places.lower.find('');
  const names = root.kind === 'directory' ? root.layers.flatMap(namesIn) : [];
  for (const name of new Set(names)) hide(places, '', name);
}

/**
 * Hides what lower layers have under a name. Nothing there: no mark is left, since overlayfs would show it where a
 * directory exists in one layer only. A member of that name in this very layer stays (whiteouts are about lower
 * layers); a directory hides what is below it.
 */
function hide(places: LayerPlaces, parent: string, name: string): void {
  if (name === '' || name === '.' || name === '..') return;
  if (places.merging) remove(places, parent, name);
  const { fd, real } = places.directory(parent);
  const path = joinPath(real, name);
  if (places.visibleBelow(path).kind === 'absent') return;
  try {
    mknodat(fd, name, nodeTypes.char, 0, 0);
  } catch (error) {
    const existing = errnoOf(error) === 'EEXIST' ? lookup(fd, name) : undefined;
    if (!existing) throw error;
    if (!isWhiteout(existing) && fileType(existing.mode) === nodeTypes.directory) places.hideBelow(places.directory(path).real);
  }
}

/** What earlier layers have brought under a name. */
function remove(places: LayerPlaces, parent: string, name: string): void {
  const { fd, real } = places.directory(parent);
  const existing = lookup(fd, name);
  if (!existing || isWhiteout(existing)) return;
  places.replace(real, name, existing);
}
