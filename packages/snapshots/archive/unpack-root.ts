/** Worker's side of writing into a container or any other tree: see put.ts. */
import { TarParser } from '#base';
import { clampedPath, cleanPath, withFileIds } from '#kernel';
import { readSource, type ByteSource } from '../trees/source.ts';
import { TreeWriter } from '../trees/writer.ts';
import { ownerOutside, type IdMap, type Owner } from './ids.ts';
import { RootPlaces } from './places.ts';
import { Root } from './resolve.ts';

export interface UnpackRootInput {
  readonly source: ByteSource;
  /** The root file system, a directory of the host. */
  readonly root: string;
  /** The directory in it where the archive's names begin, clean and relative. */
  readonly base: string;
  readonly noOverwriteDirNonDir: boolean;
  /** Names that climb out begin at the root instead of being refused. */
  readonly clamp?: boolean | undefined;
  /** Owner of everything unpacked; undefined keeps the archive's. */
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;
  /** What owners in the archive are on the host: the root file system is seen with those. */
  readonly ids?: IdMap | undefined;
}

/** Unpacks an uncompressed archive into a root. The directory it goes into keeps its own attributes. */
export function unpackRoot(input: UnpackRootInput): { members: number; size: number } {
  const owner = ownerOutside({ uid: 0, gid: 0 }, input.ids);
  // A file system whose ids are mapped takes new files only of somebody whom the map knows.
  return input.ids ? withFileIds(owner.uid, owner.gid, () => unpack(input, owner)) : unpack(input, owner);
}

/** `maker` owns directories that the archive does not name. */
function unpack({ source, root, base, noOverwriteDirNonDir, clamp, owner, ids }: UnpackRootInput, maker: Owner): { members: number; size: number } {
  using inside = new Root(root);
  using places = new RootPlaces(inside, base, { noOverwriteDirNonDir, maker });
  using writer = new TreeWriter({
    places,
    map: (header) => {
      const path = clamp ? clampedPath(header.name) : cleanPath(header.name);
      return path === '' ? undefined : { path, header: owner || ids ? { ...header, ...ownerOutside(owner ?? header, ids) } : header };
    },
    target: cleanPath,
  });
  const parser = new TarParser(writer);
  for (const chunk of readSource(source)) parser.write(chunk);
  parser.end();
  writer.finish();
  return { members: writer.members, size: writer.size };
}
