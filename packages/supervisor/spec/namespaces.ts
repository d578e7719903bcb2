/** The namespaces a container makes or joins. A mount namespace is always its own; a host's one is left out. */
import type { OciLinux, OciNamespaceType } from '#spec';
import type { ContainerSpec, NamespaceMode } from '../port.ts';
import type { Situation } from './situation.ts';

type Namespaces = NonNullable<OciLinux['namespaces']>;

export function namespacesOf(spec: ContainerSpec, joined: Situation['joined']): Namespaces {
  const { namespaces } = spec;
  return [
    { type: 'mount' },
    ...networkOf(spec, joined.network),
    ...one('uts', namespaces.uts, joined.uts),
    ...one('pid', namespaces.pid, joined.pid),
    ...one('ipc', namespaces.ipc, joined.ipc),
    ...one('cgroup', namespaces.cgroup, joined.cgroup),
    ...one('user', namespaces.user, joined.user),
  ];
}

function networkOf(spec: ContainerSpec, path: string | undefined): Namespaces {
  if (spec.network.mode === 'host') return [];
  return [{ type: 'network', ...(spec.network.mode === 'container' && path && { path }) }];
}

function one(type: OciNamespaceType, mode: NamespaceMode, path: string | undefined): Namespaces {
  if (mode === 'host') return [];
  if (mode === 'private') return [{ type }];
  return [{ type, ...(path && { path }) }];
}
