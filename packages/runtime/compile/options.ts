/**
 * Mount options as runtimes take them (OCI runtime-spec config.md, "Linux mount options"), sorted by what they are to the
 * kernel: attributes of the mount, the same for all mounts below, propagation, or parameters of the file system.
 */
import { InvalidArgument } from '#base';

export const RDONLY = 0x1n;
const NOSUID = 0x2n;
const NODEV = 0x4n;
const NOEXEC = 0x8n;
const NOATIME = 0x10n;
const STRICTATIME = 0x20n;
const ATIME = 0x70n;
const NODIRATIME = 0x80n;
const NOSYMFOLLOW = 0x200000n;

const MS_REC = 0x4000;
const propagations: Record<string, number> = { unbindable: 0x20000, private: 0x40000, slave: 0x80000, shared: 0x100000 };

interface Change {
  readonly set: bigint;
  readonly clear: bigint;
}

const set = (bits: bigint): Change => ({ set: bits, clear: 0n });
const clear = (bits: bigint): Change => ({ set: 0n, clear: bits });

const attributes: Record<string, Change> = {
  ro: set(RDONLY),
  rw: clear(RDONLY),
  nosuid: set(NOSUID),
  suid: clear(NOSUID),
  nodev: set(NODEV),
  dev: clear(NODEV),
  noexec: set(NOEXEC),
  exec: clear(NOEXEC),
  noatime: { set: NOATIME, clear: ATIME },
  relatime: clear(ATIME),
  norelatime: { set: 0n, clear: 0n },
  strictatime: { set: STRICTATIME, clear: ATIME },
  nostrictatime: { set: 0n, clear: 0n },
  atime: clear(ATIME),
  nodiratime: set(NODIRATIME),
  diratime: clear(NODIRATIME),
  nosymfollow: set(NOSYMFOLLOW),
  symfollow: clear(NOSYMFOLLOW),
};

/** Words that say what is the case anyway. */
const empty = new Set(['defaults', 'async', 'nomand', 'nolazytime', 'loud', 'noiversion', '']);
/** Options that the spec names and no mount of a container has a use for. */
const refused = new Set(['remount', 'silent', 'iversion']);

/** All that is not left to the file system, for `features`. */
export function mountOptionNames(): string[] {
  const own = [...Object.keys(attributes), ...Object.keys(propagations)];
  const deep = own.filter((name) => name !== 'rw').map((name) => `r${name}`);
  return [...own, ...deep, ...[...empty].filter(Boolean), 'bind', 'rbind', 'tmpcopyup', 'idmap', 'ridmap'];
}

export interface MountOptions {
  readonly bind: boolean;
  readonly recursiveBind: boolean;
  readonly copyUp: boolean;
  /** Map the ids of the mount: of it alone, or of everything below. */
  readonly idmap: 'none' | 'self' | 'all';
  /** Attribute bits of mount_setattr(2): for the mount itself, and for it and all below. */
  readonly set: bigint;
  readonly clear: bigint;
  readonly setAll: bigint;
  readonly clearAll: bigint;
  /** MS_* propagation type, 0 to leave it; for the mount, and for it and all below. */
  readonly propagation: number;
  readonly propagationAll: number;
  /** What is left: the file system's own parameters. */
  readonly parameters: readonly string[];
}

/** Sorts `options`; throws InvalidArgument for one that is known and not done. */
export function parseMountOptions(options: readonly string[], destination: string): MountOptions {
  const found = { bind: false, recursiveBind: false, copyUp: false, idmap: 'none' as MountOptions['idmap'], set: 0n, clear: 0n, setAll: 0n, clearAll: 0n, propagation: 0, propagationAll: 0 };
  const parameters: string[] = [];
  for (const option of options) {
    const own = attributes[option];
    const deep = option.startsWith('r') ? attributes[option.slice(1)] : undefined;
    if (own) {
      found.set = (found.set & ~own.clear) | own.set;
      found.clear = (found.clear & ~own.set) | own.clear;
    } else if (deep && option !== 'rw') {
      found.setAll = (found.setAll & ~deep.clear) | deep.set;
      found.clearAll = (found.clearAll & ~deep.set) | deep.clear;
    } else if (option === 'bind' || option === 'rbind') {
      found.bind = true;
      found.recursiveBind ||= option === 'rbind';
    } else if (option === 'tmpcopyup') found.copyUp = true;
    else if (option === 'idmap') found.idmap = 'self';
    else if (option === 'ridmap') found.idmap = 'all';
    else if (propagations[option]) found.propagation = propagations[option];
    else if (option.startsWith('r') && propagations[option.slice(1)]) found.propagationAll = propagations[option.slice(1)] ?? 0;
    else if (refused.has(option)) throw new InvalidArgument(`mount ${destination}: option "${option}" is not supported`);
    else if (!empty.has(option)) parameters.push(option);
  }
  return { ...found, parameters };
}

/** MS_* flags of `linux.rootfsPropagation`; rslave when not given, as runc. */
export function rootPropagation(name: string | undefined): number {
  if (!name) return (propagations.slave ?? 0) | MS_REC;
  const plain = propagations[name];
  if (plain) return plain;
  const deep = name.startsWith('r') ? propagations[name.slice(1)] : undefined;
  if (!deep) throw new InvalidArgument(`rootfsPropagation=${name} is not supported`);
  return deep | MS_REC;
}
