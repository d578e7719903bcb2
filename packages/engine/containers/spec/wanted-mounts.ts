/** Every mount a container asks for: `--mount`, `-v`, `--tmpfs`, `--volumes-from` and the image's VOLUMEs, in Docker's order of precedence. */
import { existsSync } from 'node:fs';
import { InvalidArgument, messageOf } from '#base';
import type { ContainerConfig, HostConfig } from '#spec';
import type { ContainerRecord } from '../record.ts';
import type { ContainerStore } from '../store.ts';
import { clean, parseBind, plainMount, requireDestination, type WantedMount } from './bind.ts';
import { parseMountRequest } from './mount-request.ts';

/** One mount for each destination. Throws InvalidArgument (`Duplicate mount point: /x`). */
export function wantedMounts(
  config: ContainerConfig,
  host: HostConfig,
  containers: Pick<ContainerStore, 'find'>,
  { submountsStayWritable }: { readonly submountsStayWritable: boolean },
): WantedMount[] {
  const mounts = new Map<string, WantedMount>();
  for (const mount of (host.VolumesFrom ?? []).flatMap((spec) => mountsFrom(spec, containers))) mounts.set(mount.destination, mount);
  const own = new Set<string>();
  const binds = (host.Binds ?? []).map((spec) => parseBind(spec, host.VolumeDriver));
  const requests = (host.Mounts ?? []).map((request) => parseMountRequest(request, existsSync));
  const scratch = Object.entries(host.Tmpfs ?? {}).map(([path, options]) => tmpfs(path, options));
  for (const given of [...binds, ...requests, ...scratch]) {
    const mount = submountsStayWritable && given.type === 'bind' && given.readOnly ? { ...given, submountsStayWritable } : given;
    if (own.has(mount.destination)) throw new InvalidArgument(`Duplicate mount point: ${mount.destination}`);
    own.add(mount.destination);
    mounts.set(mount.destination, mount);
  }
  for (const path of Object.keys(config.Volumes ?? {})) {
    // Docker takes relative ones too: the client sends `-v a:/x`, a Windows path to it, as a volume of that name.
    const destination = clean(`/${path}`);
    requireDestination(destination);
    if (!mounts.has(destination)) mounts.set(destination, plainMount({ type: 'volume', source: '', destination, driver: host.VolumeDriver }));
  }
  return [...mounts.values()];
}

/** Options of `--tmpfs` are checked when the container starts, as by dockerd. */
function tmpfs(path: string, options: string): WantedMount {
  requireDestination(path);
  return plainMount({ type: 'tmpfs', source: '', destination: clean(path), mode: options, unlisted: true });
}

/** `NAME[:MODE]`, which says at most once whether they may be written (`ro`, `rw`) and how they are labelled (`z`, `Z`): the other container's binds and volumes, as they were resolved. */
function mountsFrom(spec: string, containers: Pick<ContainerStore, 'find'>): WantedMount[] {
  const [name = '', ...modes] = spec.split(':');
  const mode = modes.join(':');
  if (name === '') throw new InvalidArgument(`invalid volumes-from specification: '${spec}'`);
  const words = mode === '' ? [] : mode.split(',');
  const kinds = words.map((word) => (['ro', 'rw'].includes(word) ? 'access' : ['z', 'Z'].includes(word) ? 'label' : 'none'));
  if (kinds.includes('none') || new Set(kinds).size < kinds.length) throw new InvalidArgument(`invalid mode: ${mode}`);
  return found(name, containers)
    .wantedMounts.filter((mount) => mount.type !== 'tmpfs')
    .map((mount) => ({ ...mount, noCopy: true, readOnly: mount.readOnly || words.includes('ro'), mode: '' }));
}

/** What is asked for in a body is a bad body when it is not there, not a missing page. */
function found(name: string, containers: Pick<ContainerStore, 'find'>): ContainerRecord {
  try {
    return containers.find(name);
  } catch (error) {
    throw new InvalidArgument(messageOf(error), { cause: error });
  }
}
