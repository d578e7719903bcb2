/** What the spec can say and this runtime does not do: refused by name, never passed over. */
import { NotImplemented } from '#base';
import type { OciProcess, OciSpec } from '#spec';

/** Throws NotImplemented with the first such field's name. */
export function refuseUnsupported(spec: OciSpec): void {
  if (spec.process) refuseUnsupportedProcess(spec.process);
  refuse({
    'linux.mountLabel': spec.linux?.mountLabel,
    'linux.intelRdt': spec.linux?.intelRdt,
    'linux.memoryPolicy': spec.linux?.memoryPolicy,
    'linux.netDevices': spec.linux?.netDevices,
  });
}

/** The same of one process. */
export function refuseUnsupportedProcess(process: OciProcess): void {
  refuse({ 'process.apparmorProfile': process.apparmorProfile, 'process.selinuxLabel': process.selinuxLabel });
}

function refuse(asked: Readonly<Record<string, unknown>>): void {
  const field = Object.keys(asked).find((name) => asked[name] !== undefined && asked[name] !== '');
  if (field) throw new NotImplemented(`${field} is not supported`);
}
