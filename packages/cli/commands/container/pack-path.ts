/** A file or directory of this machine as a tar archive for a container. */
import { createReadStream, lstatSync, readdirSync, readlinkSync, realpathSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { errnoOf, InvalidArgument, type TarEntry, type TarMember, writeTar } from '#base';
import { type CopyDestination, copyTarget, entryOf } from './copy-target.ts';

export interface PackedPath {
  /** The directory of the container that the archive is for. */
  readonly directory: string;
  readonly archive: AsyncIterable<Uint8Array>;
  /** Bytes given out so far. */
  sent(): number;
}

/** Packs `path`, named for its destination. Throws InvalidArgument in Go's words when it is not there. */
export function packPath(path: string, follows: boolean, destination: CopyDestination): PackedPath {
  const real = resolved(path, follows);
  const stat = statOf(real);
  const rename = follows && basename(real) !== basename(path) ? entryOf(path) : undefined;
  const plan = copyTarget({ path: real, isDirectory: stat.isDirectory(), rename }, destination);
  let sent = 0;
  const archive = (async function* () {
    for await (const chunk of writeTar(membersOf(real, plan.to))) {
      sent += chunk.length;
      yield chunk;
    }
  })();
  return { directory: plan.directory, archive, sent: () => sent };
}

/** Links above the last element are followed, the last one only when asked; `x/.` stays as it is. */
function resolved(path: string, follows: boolean): string {
  try {
    if (path.endsWith('/.') || path === '.') return `${realpathSync(path)}/.`;
    if (follows) return realpathSync(path);
    const directory = realpathSync(dirname(path));
    return `${directory}/${basename(path)}${path.endsWith('/') && path !== '/' ? '/' : ''}`;
  } catch (error) {
    throw missing(error, path);
  }
}

function statOf(path: string): Stats {
  try {
    return path.endsWith('/') ? statSync(path) : lstatSync(path);
  } catch (error) {
    throw missing(error, path);
  }
}

function missing(error: unknown, path: string): Error {
  return errnoOf(error) === 'ENOENT' ? new InvalidArgument(`lstat ${path}: no such file or directory`, { cause: error }) : (error as Error);
}

/** The path and all below it; a directory's content alone is named `.`. */
function* membersOf(path: string, name: string): Generator<TarEntry> {
  const stat = statOf(path);
  yield memberOf(path, name, stat);
  if (!stat.isDirectory()) return;
  for (const child of readdirSync(path).sort()) yield* membersOf(join(path, child), `${name}/${child}`);
}

function memberOf(path: string, name: string, stat: Stats): TarEntry {
  const common = { mode: stat.mode & 0o7777, uid: stat.uid, gid: stat.gid, mtime: Math.floor(stat.mtimeMs / 1000) };
  const member = (type: TarMember['type'], more: Partial<TarMember> = {}): TarMember => ({ name, type, ...common, ...more });
  if (stat.isDirectory()) return { member: { ...member('directory'), name: `${name}/` } };
  if (stat.isSymbolicLink()) return { member: member('symlink', { linkname: readlinkSync(path) }) };
  if (stat.isFile() && stat.size === 0) return { member: member('file'), body: '' };
  if (stat.isFile()) return { member: member('file', { size: stat.size }), body: createReadStream(path, { highWaterMark: 1 << 20, end: stat.size - 1 }) };
  if (stat.isFIFO()) return { member: member('fifo') };
  if (stat.isSocket()) throw new InvalidArgument(`archive/tar: sockets not supported: ${path}`);
  const device = { devmajor: (stat.rdev >> 8) & 0xfff, devminor: (stat.rdev & 0xff) | ((stat.rdev >> 12) & 0xfff00) };
  return { member: member(stat.isBlockDevice() ? 'block' : 'char', device) };
}
