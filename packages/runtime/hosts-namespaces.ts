/** What of a spec's namespaces is the host's, by whatever path. */
import { statSync } from 'node:fs';
import type { OciSpec } from '#spec';

/** The spec as it is to be validated: a namespace of the host that is joined by its path is the host's all the same, and what is set there would be set for everybody. `hosts` are files of the host's. */
export function withoutHosts(spec: OciSpec, hosts: { readonly network: string; readonly ipc: string }): OciSpec {
  if (Object.keys(spec.linux?.sysctl ?? {}).length === 0) return spec;
  const isHosts = (path: string, own: string): boolean => statSync(path, { throwIfNoEntry: false })?.ino === statSync(own).ino;
  const namespaces = (spec.linux?.namespaces ?? []).filter(({ type, path }) => !(path && (type === 'network' || type === 'ipc') && isHosts(path, hosts[type])));
  return { ...spec, linux: { ...spec.linux, namespaces } };
}
