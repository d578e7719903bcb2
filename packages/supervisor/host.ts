/** Facts about this host that containers are made from. */
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { arch, release } from 'node:os';
import { join } from 'node:path';
import { inUserNamespace, mapsGroup, ownsNetwork } from '#kernel';
import { allCapabilities, type OciDevice } from '#spec';
import { supportsAppArmor } from './apparmor/load.ts';
import type { HostFacts } from './spec/situation.ts';

const architectures: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' };

/** Read once at start: none of it changes while the daemon runs. */
export function hostFacts(): HostFacts {
  const mask = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0'}`);
  return {
    capabilities: allCapabilities.filter((_, bit) => (mask >> BigInt(bit)) & 1n),
    architecture: architectures[arch()] ?? arch(),
    confined: inUserNamespace(),
    ttyGroup: mapsGroup(5),
    foreignNetwork: !ownsNetwork(),
    appArmor: supportsAppArmor(),
    kernel: release(),
  };
}

/** What lives in a container's own /dev, and what belongs to the host's sessions, is left out. */
const ownDirectories = new Set(['pts', 'shm', 'fd', 'mqueue', '.lxc', '.lxd-mounts', '.udev', 'console']);

/** Every device node of the host's /dev, for privileged containers. */
export function hostDevices(directory = '/dev'): OciDevice[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    if (ownDirectories.has(entry.name)) return [];
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return hostDevices(path);
    return entry.isCharacterDevice() || entry.isBlockDevice() ? deviceAt(path) : [];
  });
}

/** The node at `path`; empty when it vanished or is none. */
export function deviceAt(path: string): OciDevice[] {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (!stats || !(stats.isCharacterDevice() || stats.isBlockDevice())) return [];
  const { major, minor } = numbersOf(stats.rdev);
  return [{ path, type: stats.isBlockDevice() ? 'b' : 'c', major, minor, fileMode: stats.mode & 0o777, uid: stats.uid, gid: stats.gid }];
}

/** glibc's gnu_dev_major and gnu_dev_minor, for numbers that fit 32 bits. */
function numbersOf(device: number): { major: number; minor: number } {
  return { major: (device >>> 8) & 0xfff, minor: (device & 0xff) | ((device >>> 12) & 0xfff00) };
}
