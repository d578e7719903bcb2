/**
 * Reads one file of a container's root file system straight from the layers, without mounting them: the topmost layer
 * that has it wins, a whiteout (character device 0:0) hides it, symbolic links lead on inside the root.
 *
 * The top layer may belong to a running container that swaps directories for links meanwhile. Every component is
 * therefore opened by itself, relative to its parent's descriptor and without following links.
 */
import { closeSync, constants, fstatSync, openSync, readFileSync, readlinkSync } from 'node:fs';
import { posix } from 'node:path';
import { tolerating } from '#base';

/** O_PATH: names a file without opening it; Node does not export it. */
const pathOnly = 0x200000;
const maxLinks = 40;
/** Bytes. */
const maxFile = 4 << 20;

type Found =
  | { readonly kind: 'absent' }
  /** Something other than a directory or file is here: layers below are hidden. */
  | { readonly kind: 'hidden' }
  | { readonly kind: 'link'; readonly path: string }
  | { readonly kind: 'file'; readonly text: string };

/** `layers` from the top down. Undefined when the root has no such regular file, or one of unreasonable size. */
export function readFileInLayers(layers: readonly string[], path: string): string | undefined {
  let wanted = posix.resolve('/', path);
  for (let links = 0; links <= maxLinks; links++) {
    const found = findInLayers(layers, wanted);
    if (found.kind === 'file') return found.text;
    if (found.kind !== 'link') return undefined;
    wanted = found.path;
  }
  return undefined;
}

function findInLayers(layers: readonly string[], path: string): Found {
  for (const layer of layers) {
    const found = findInLayer(layer, path);
    if (found.kind !== 'absent') return found;
  }
  return { kind: 'absent' };
}

function findInLayer(layer: string, path: string): Found {
  const components = path.split('/').filter(Boolean);
  let directory = openSync(layer, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    for (const [index, name] of components.entries()) {
      const next = openPath(`/proc/self/fd/${directory}/${name}`);
      if (next === undefined) return { kind: 'absent' };
      const parent = directory;
      directory = next;
      const found = step(next, `/proc/self/fd/${parent}/${name}`, components, index);
      closeSync(parent);
      if (found) return found;
    }
    return { kind: 'hidden' };
  } finally {
    closeSync(directory);
  }
}

/** What the component just opened means; undefined for a directory on the way. */
function step(opened: number, named: string, components: readonly string[], index: number): Found | undefined {
  const stats = fstatSync(opened);
  if (stats.isSymbolicLink()) {
    const target = posix.resolve('/', ...components.slice(0, index), readlinkSync(named));
    return { kind: 'link', path: posix.join(target, ...components.slice(index + 1)) };
  }
  const last = index === components.length - 1;
  if (last && stats.isFile() && stats.size <= maxFile) return { kind: 'file', text: readFileSync(`/proc/self/fd/${opened}`, 'utf8') };
  return !last && stats.isDirectory() ? undefined : { kind: 'hidden' };
}

function openPath(path: string): number | undefined {
  return tolerating(['ENOENT', 'ENOTDIR'], undefined, () => openSync(path, pathOnly | constants.O_NOFOLLOW));
}
