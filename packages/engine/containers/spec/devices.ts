/** `--device` and `--device-cgroup-rule`. */
import { readdirSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Internal, InvalidArgument, messageOf, quote } from '#base';
import type { HostConfig, OciDevice, OciDeviceRule } from '#spec';
import { deviceAt } from '#supervisor';

/** Nodes to make and rules for the device cgroup. Throws Internal (500 at start, as dockerd) for a path that is no device. */
export function devicesOf(host: Pick<HostConfig, 'Devices' | 'DeviceCgroupRules'>): { devices: OciDevice[]; rules: OciDeviceRule[] } {
  const devices: OciDevice[] = [];
  const rules = (host.DeviceCgroupRules ?? []).map(parseDeviceRule);
  for (const { PathOnHost, PathInContainer, CgroupPermissions } of host.Devices ?? []) {
    for (const device of gather(PathOnHost)) {
      const path = device.path === PathOnHost ? PathInContainer || PathOnHost : join(PathInContainer || PathOnHost, device.path.slice(PathOnHost.length));
      devices.push({ ...device, path });
      rules.push({ allow: true, type: device.type, major: device.major ?? 0, minor: device.minor ?? 0, access: CgroupPermissions || 'rwm' });
    }
  }
  return { devices, rules };
}

/** `c 1:3 mr`, `a *:* rwm`. */
export function parseDeviceRule(text: string): OciDeviceRule {
  const parts = /^([acb]) (\d+|\*):(\d+|\*) ([rwm]{1,3})$/.exec(text);
  if (!parts) throw new InvalidArgument(`invalid device cgroup rule format: '${text}'`);
  const number = (word: string | undefined): number => (word === '*' ? -1 : Number(word));
  return { allow: true, type: parts[1] ?? 'a', major: number(parts[2]), minor: number(parts[3]), access: parts[4] ?? 'rwm' };
}

/** The node at a path, links followed; of a directory every node in it. */
function gather(path: string): OciDevice[] {
  try {
    const real = realpathSync(path);
    const found = statSync(real).isDirectory()
      ? readdirSync(real, { recursive: true, encoding: 'utf8' }).flatMap((name) => deviceAt(join(real, name)))
      : deviceAt(real);
    if (found.length === 0) throw new Error('not a device node');
    return found.map((device) => ({ ...device, path: path + device.path.slice(real.length) }));
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    throw new Internal(`error gathering device information while adding custom device ${quote(path)}: ${missing ? 'no such file or directory' : messageOf(error)}`);
  }
}
