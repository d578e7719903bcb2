/** /dev: the nodes and links that every container has, and those of the spec. */
import { InvalidArgument, withoutEnd } from '#base';
import type { Operation } from '#shim';
import type { OciDevice, OciSpec } from '#spec';

const S_IFCHR = 0o020000;
const S_IFBLK = 0o060000;
const S_IFIFO = 0o010000;
const types: Record<string, number> = { c: S_IFCHR, u: S_IFCHR, b: S_IFBLK, p: S_IFIFO };

/** OCI runtime-spec config-linux.md, "Default Devices". */
const defaults: readonly OciDevice[] = [
  ['/dev/null', 1, 3],
  ['/dev/zero', 1, 5],
  ['/dev/full', 1, 7],
  ['/dev/random', 1, 8],
  ['/dev/urandom', 1, 9],
  ['/dev/tty', 5, 0],
].map(([path, major, minor]) => ({ type: 'c', path: String(path), major: Number(major), minor: Number(minor), fileMode: 0o666, uid: 0, gid: 0 }));

/** OCI runtime-spec runtime-linux.md, "Dev symbolic links". */
const links = [
  ['/proc/self/fd', '/dev/fd'],
  ['/proc/self/fd/0', '/dev/stdin'],
  ['/proc/self/fd/1', '/dev/stdout'],
  ['/proc/self/fd/2', '/dev/stderr'],
  ['pts/ptmx', '/dev/ptmx'],
] as const;

/** Nothing is made when /dev is somebody else's, bound in. */
export function makesDevices(spec: OciSpec): boolean {
  return !spec.mounts?.some((m) => withoutEnd(m.destination, (character) => character === '/') === '/dev' && m.options?.some((o) => o === 'bind' || o === 'rbind'));
}

export function compileDevices(spec: OciSpec): Operation[] {
  if (!makesDevices(spec)) return [];
  return [...devicesOf(spec).map(node), ...links.map(([target, path]) => ({ op: 'symlink', target, path }) as const)];
}

/** Those of the spec, and those that every container has. */
export function devicesOf(spec: OciSpec): OciDevice[] {
  const wanted = new Map<string, OciDevice>(defaults.map((device) => [device.path, device]));
  for (const device of spec.linux?.devices ?? []) wanted.set(device.path, device);
  return [...wanted.values()];
}

function node(device: OciDevice): Operation {
  const type = types[device.type];
  if (type === undefined) throw new InvalidArgument(`device ${device.path}: invalid device type "${device.type}"`);
  const { path, major = 0, minor = 0, uid = 0, gid = 0, fileMode = 0o666 } = device;
  return { op: 'device', path, mode: type | (fileMode & 0o7777), major, minor, uid, gid, source: path };
}
