import { statfsSync } from 'node:fs';

/** statfs(2) magic numbers of the file systems that Docker names. */
const names: Readonly<Record<string, string>> = {
  '0xef53': 'extfs', '0x58465342': 'xfs', '0x9123683e': 'btrfs', '0x1021994': 'tmpfs', '0x794c7630': 'overlayfs',
  '0x2fc12fc1': 'zfs', '0xf2f52010': 'f2fs', '0x6969': 'nfs', '0x65735546': 'fuse',
};

/** The kind of file system that holds `path`, as Docker calls it. */
export function fileSystemName(path: string): string {
  const type = statfsSync(path).type;
  return names[`0x${(type >>> 0).toString(16)}`] ?? '<unknown>';
}
