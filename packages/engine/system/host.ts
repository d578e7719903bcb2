/** What the machine is: its distribution and the switches that info shows. */
import { readFileSync, statfsSync } from 'node:fs';
import { errnoOf } from '#base';

/** `PRETTY_NAME` and `VERSION_ID` of os-release(5). */
export function operatingSystem(text: string = readOr('/etc/os-release', readOr('/usr/lib/os-release', ''))): { name: string; version: string } {
  const fields = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, key, value] = /^([A-Z_]+)=(?:"(.*)"|'(.*)'|.*)$/.exec(line) ?? [];
    if (key) fields.set(key, value ?? line.slice(key.length + 1).replace(/^'|'$/g, ''));
  }
  return { name: fields.get('PRETTY_NAME') ?? 'Linux', version: fields.get('VERSION_ID') ?? '' };
}

/** True when the file begins with 1 or Y; absent is false. */
export function isOn(path: string): boolean {
  return /^[1Y]/.test(readOr(path, ''));
}

/** statfs(2) magic numbers of the file systems that Docker names. */
const fileSystems: Readonly<Record<string, string>> = {
  '0xef53': 'extfs', '0x58465342': 'xfs', '0x9123683e': 'btrfs', '0x1021994': 'tmpfs', '0x794c7630': 'overlayfs',
  '0x2fc12fc1': 'zfs', '0xf2f52010': 'f2fs', '0x6969': 'nfs', '0x65735546': 'fuse',
};

/** The kind of file system that holds `path`. */
export function fileSystemOf(path: string): string {
  const type = statfsSync(path).type;
  return fileSystems[`0x${(type >>> 0).toString(16)}`] ?? '<unknown>';
}

function readOr(path: string, otherwise: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return otherwise;
    throw error;
  }
}
