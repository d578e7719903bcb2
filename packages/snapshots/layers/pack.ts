import { createHash } from 'node:crypto';
import { digestOfHash, type Digest, type TarMember } from '#base';
import { fileType, HardLinks, isWhiteout, joinPath, nodeTypes, pathOf, splitPath, walk } from '#kernel';
import { isOpaque, LowerTree } from '../trees/lower.ts';
import { packVisit } from '../trees/pack.ts';
import { TarPacker } from '../trees/packer.ts';
import { openSink, type ByteTarget } from '../trees/sink.ts';
import { opaqueName, whiteoutPrefix } from './whiteout.ts';

export interface DiffInput {
  /** Directory with a snapshot's own changes. */
  readonly upper: string;
  /** Directories of the layers below, topmost first. */
  readonly lowers: readonly string[];
  /** Where the archive goes: a file to be made, or a pipe. */
  readonly output: ByteTarget;
}

export interface DiffResult {
  /** sha256 of the archive. */
  readonly diffId: Digest;
  /** Bytes of the archive. */
  readonly size: number;
  /** Bytes of the files in it. */
  readonly contentSize: number;
  /** Nothing has changed. */
  readonly empty: boolean;
}

/** Archives a snapshot's changes as a layer, on this thread: names in byte order, whiteouts as files, no root entry. */
export function packLayer({ upper, lowers, output }: DiffInput): DiffResult {
  const hash = createHash('sha256');
  let size = 0;
  using out = openSink(output);
  const packer = new TarPacker((bytes) => {
    hash.update(bytes);
    out.write(bytes);
    size += bytes.length;
  });
  packChanges(packer, upper, new LowerTree(lowers));
  packer.end();
  out.end();
  return { diffId: digestOfHash(hash), size, contentSize: packer.contentSize, empty: packer.members === 0 };
}

function packChanges(packer: TarPacker, upper: string, below: LowerTree): void {
  const links = new HardLinks();
  for (const visit of walk(upper)) {
    const { path, stat, dirfd, name } = visit;
    if (path === '') continue;
    if (isWhiteout(stat)) {
      if (below.find(path).kind !== 'absent') packer.member(whiteoutOf(path));
      continue;
    }
    packVisit(packer, links, visit, path);
    const covers = fileType(stat.mode) === nodeTypes.directory && isOpaque(pathOf(dirfd, name)) && below.find(path).kind === 'directory';
    if (covers) packer.member({ name: joinPath(path, opaqueName), type: 'file', mode: stat.mode & 0o777, uid: stat.uid, gid: stat.gid });
  }
}

function whiteoutOf(path: string): TarMember {
  const { parent, name } = splitPath(path);
  return { name: joinPath(parent, whiteoutPrefix + name), type: 'file', mode: 0o600 };
}
