/** What the spec can say and this runtime does not do: refused by name, never passed over. */
import { NotImplemented } from '#base';
import type { OciSpec } from '#spec';

/** Throws NotImplemented with the first such field's name. */
export function refuseUnsupported(spec: OciSpec): void {
  const asked: Record<string, unknown> = {
    'process.apparmorProfile': spec.process?.apparmorProfile,
    'process.selinuxLabel': spec.process?.selinuxLabel,
    'linux.mountLabel': spec.linux?.mountLabel || undefined,
    'linux.intelRdt': spec.linux?.intelRdt,
    'linux.memoryPolicy': spec.linux?.memoryPolicy,
    'linux.netDevices': spec.linux?.netDevices,
  };
  const field = Object.keys(asked).find((name) => asked[name] !== undefined && asked[name] !== '');
  if (field) throw new NotImplemented(`${field} is not supported`);
}
