import { createHash } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import { digestOfHash, RingWriter, type Digest, type RingMemory, type TarMember } from '#base';
import { close, cwd, fileType, isWhiteout, nodeTypes, openat, openFlags, type FileStat } from '#kernel';
import { isOpaque, LowerTree } from '../trees/lower.ts';
import { HardLinks, memberOf } from '../trees/member.ts';
import { TarPacker, type ByteSink } from '../trees/packer.ts';
import { joinPath, splitPath } from '../trees/path.ts';
import { walk } from '../trees/walk.ts';
import { opaqueName, whiteoutPrefix } from './whiteout.ts';

export interface DiffInput {
  /** Directory with a snapshot's own changes. */
  readonly upper: string;
  /** Directories of the layers below, topmost first. */
  readonly lowers: readonly string[];
  /** Where the archive goes: a file to be made, or a pipe. */
  readonly output: { readonly path: string } | { readonly ring: RingMemory };
}

export interface DiffResult {
  /** sha256 of the archive. */
  readonly diffId: Digest;
  /** Bytes of the archive. */
  readonly size: number;
  /** Nothing has changed. */
  readonly empty: boolean;
}

/** Archives a snapshot's changes as a layer, on this thread: names in byte order, whiteouts as files, no root entry. */
export function packLayer({ upper, lowers, output }: DiffInput): DiffResult {
  const hash = createHash('sha256');
  let size = 0;
  using out = openOutput(output);
  const packer = new TarPacker((bytes) => {
    hash.update(bytes);
    out.write(bytes);
    size += bytes.length;
  });
  packChanges(packer, upper, new LowerTree(lowers));
  packer.end();
  out.end();
  return { diffId: digestOfHash(hash), size, empty: packer.members === 0 };
}

function packChanges(packer: TarPacker, upper: string, below: LowerTree): void {
  const links = new HardLinks();
  for (const { path, stat } of walk(upper)) {
    if (path === '') continue;
    if (isWhiteout(stat)) {
      if (below.find(path).kind !== 'absent') packer.member(whiteoutOf(path));
      continue;
    }
    const target = links.earlier(stat, path);
    const member = memberOf(`${upper}/${path}`, path, stat);
    if (target !== undefined && member) packer.member({ ...member, type: 'hardlink', linkname: target, size: 0, xattrs: undefined });
    else if (member) packMember(packer, `${upper}/${path}`, member, stat);
    if (fileType(stat.mode) === nodeTypes.directory && isOpaque(`${upper}/${path}`) && below.find(path).kind === 'directory') {
      packer.member({ name: joinPath(path, opaqueName), type: 'file', mode: stat.mode & 0o777, uid: stat.uid, gid: stat.gid });
    }
  }
}

/** Adds one file, directory or node to an archive. */
export function packMember(packer: TarPacker, path: string, member: TarMember, stat: FileStat): void {
  if (fileType(stat.mode) !== nodeTypes.file) return packer.member(member);
  const fd = openat(cwd, path, openFlags.read | openFlags.noFollow);
  try {
    packer.file(member, fd);
  } finally {
    close(fd);
  }
}

function whiteoutOf(path: string): TarMember {
  const { parent, name } = splitPath(path);
  return { name: joinPath(parent, whiteoutPrefix + name), type: 'file', mode: 0o600 };
}

/** `end` says that all is well; without it a pipe's reader learns that the rest will not come. */
function openOutput(output: DiffInput['output']): { write: ByteSink; end(): void } & Disposable {
  if ('ring' in output) {
    const writer = new RingWriter(output.ring);
    return { write: (bytes) => writer.write(bytes), end: () => writer.end(), [Symbol.dispose]: () => writer.fail() };
  }
  const fd = openSync(output.path, 'wx', 0o600);
  return { write: (bytes) => writeWhole(fd, bytes), end() {}, [Symbol.dispose]: () => closeSync(fd) };
}

function writeWhole(fd: number, bytes: Buffer): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
}
