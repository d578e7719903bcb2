/** What the spec can say and this runtime does not do: refused by name, never passed over. */
import { NotImplemented } from '#base';
import type { OciSpec } from '#spec';

/** Throws NotImplemented with the first such field's name. */
export function refuseUnsupported(spec: OciSpec): void {
  refuse({
    'linux.intelRdt': spec.linux?.intelRdt,
  });
}

function refuse(asked: Readonly<Record<string, unknown>>): void {
  const field = Object.keys(asked).find((name) => asked[name] !== undefined && asked[name] !== '');
  if (field) throw new NotImplemented(`${field} is not supported`);
}
