/** Worker's side of reading out of a container: see get.ts. */
import { close, fileSystemType, fileType, HardLinks, joinPath, nodeTypes, openDirectory, statat, type Visit, walkInside } from '#kernel';
import { packVisit } from '../trees/pack.ts';
import { TarPacker } from '../trees/packer.ts';
import { openSink, type ByteTarget } from '../trees/sink.ts';
import { insideId, type IdMap } from './ids.ts';
import { findNamed, Root } from './resolve.ts';

export interface PackRootInput {
  /** The root file system, a directory of the host. */
  readonly root: string;
  /** Cleaned path inside it, from `absolutePath`. */
  readonly path: string;
  /** What the archive calls it; '' leaves the directory itself out, '/' begins every name with a slash. */
  readonly as: string;
  readonly output: ByteTarget;
  /** The files are seen with these ids of the host's; the archive gets those of the container. */
  readonly ids?: IdMap | undefined;
}

/** Archives what is at a path inside a root. */
export function packRoot({ root, path, as, output, ids }: PackRootInput): void {
  using inside = new Root(root);
  using named = findNamed(inside, path);
  using sink = openSink(output);
  const packer = new TarPacker(sink.write);
  const links = new HardLinks();
  const visit: Visit = { path: '', stat: named.stat, dirfd: named.dirfd, name: named.name };
  const inner = ids ? (seen: Visit): Visit => ({ ...seen, stat: { ...seen.stat, uid: insideId(ids.uids, seen.stat.uid), gid: insideId(ids.gids, seen.stat.gid) } }) : (seen: Visit): Visit => seen;
  if (as !== '') packVisit(packer, links, inner(visit), as);
  if (fileType(named.stat.mode) === nodeTypes.directory) {
    const fd = openDirectory(named.dirfd, named.name);
    try {
      for (const seen of walkInside(fd, '', holdsFiles)) packVisit(packer, links, inner(seen), as === '/' ? `/${seen.path}` : joinPath(as, seen.path));
    } finally {
      close(fd);
    }
  }
  packer.end();
  sink.end();
}

/** File systems whose files are not the container's: proc, sysfs, cgroup, cgroup2, devpts, mqueue, tmpfs, devtmpfs. */
const windows = new Set([0x9fa0, 0x62656572, 0x27e0eb, 0x63677270, 0x1cd1, 0x19800202, 0x01021994]);

/** A running container's view shows the kernel's windows as well: they are archived as the empty directories they lie on. */
function holdsFiles(visit: Visit, fd: number): boolean {
  const mounted = visit.stat.device !== statat(visit.dirfd, '.').device;
  return !mounted || !windows.has(fileSystemType(fd));
}
