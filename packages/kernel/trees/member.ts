import { decodeName, type TarMember, type TarType } from '#base';
import { fileType, nodeTypes, pathOf, readlinkat, readXattrs, type FileStat } from '../files/index.ts';
import { isPrivateXattr } from './attributes.ts';
import type { Visit } from './walk.ts';

const types = new Map<number, TarType>([
  [nodeTypes.file, 'file'], [nodeTypes.directory, 'directory'], [nodeTypes.symlink, 'symlink'], [nodeTypes.char, 'char'], [nodeTypes.block, 'block'], [nodeTypes.fifo, 'fifo'],
]);

/**
 * How an archive tells of what a walk visits, under the name `as`; undefined for a socket, which archives cannot
 * hold. Times are whole seconds, as in Docker's archives: layers made again from the same files stay the same.
 */
export function memberOf({ dirfd, name, stat }: Pick<Visit, 'dirfd' | 'name' | 'stat'>, as: string): TarMember | undefined {
  const type = types.get(fileType(stat.mode));
  if (!type) return undefined;
  return {
    name: type === 'directory' && !as.endsWith('/') ? `${as}/` : as,
    type,
    mode: stat.mode & 0o7777,
    uid: stat.uid,
    gid: stat.gid,
    size: type === 'file' ? stat.size : 0,
    mtime: stat.mtime,
    linkname: type === 'symlink' ? decodeName(readlinkat(dirfd, name)) : '',
    devmajor: stat.major,
    devminor: stat.minor,
    xattrs: readXattrs(pathOf(dirfd, name), isPrivateXattr),
  };
}

/** Names a file with several links after the first of them; later ones become hard links to it. */
export class HardLinks {
  readonly #first = new Map<string, string>();

  /** The name under which this very file was seen before; undefined the first time. */
  earlier(stat: FileStat, name: string): string | undefined {
    if (stat.links < 2 || fileType(stat.mode) === nodeTypes.directory) return undefined;
    const identity = `${stat.device}:${stat.inode}`;
    const known = this.#first.get(identity);
    if (known === undefined) this.#first.set(identity, name);
    return known;
  }
}
