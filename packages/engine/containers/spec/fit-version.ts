/**
 * What a create request means in the client's API version (Engine API, "Version history"): options that were not there
 * yet say nothing, and defaults are those of then.
 */
import { InvalidArgument } from '#base';
import type { CreateContainerBody, HostConfig, MountRequest } from '#spec';
import type { ApiRequest } from '../../router.ts';

type Version = Pick<ApiRequest, 'atLeast'>;

/** Throws InvalidArgument for several networks before 1.44. */
export function fitToVersion(body: CreateContainerBody, version: Version): CreateContainerBody {
  if (!version.atLeast('1.44')) requireOneNetwork(body);
  const fitted = { ...body, HostConfig: hostConfigFor(body.HostConfig ?? {}, version) };
  if (body.Healthcheck && !version.atLeast('1.44')) fitted.Healthcheck = without(body.Healthcheck, 'StartInterval');
  return fitted;
}

function requireOneNetwork({ NetworkingConfig }: CreateContainerBody): void {
  const names = Object.keys(NetworkingConfig?.EndpointsConfig ?? {});
  if (names.length > 1) throw new InvalidArgument(`Container cannot be created with multiple network endpoints: ${names.join(', ')}`);
}

function hostConfigFor(host: Partial<HostConfig>, version: Version): Partial<HostConfig> {
  const mounts = host.Mounts?.map((mount) => mountFor(mount, version));
  return {
    ...host,
    ...(mounts && { Mounts: mounts }),
    ...(!version.atLeast('1.25') && { AutoRemove: false }),
    // Until then every container's memory could be shared.
    ...(!version.atLeast('1.40') && !host.IpcMode && { IpcMode: 'shareable' }),
    ...(!version.atLeast('1.42') && { ConsoleSize: [0, 0] as [number, number] }),
    ...(!version.atLeast('1.43') && { Annotations: undefined }),
  };
}

function mountFor(mount: MountRequest, version: Version): MountRequest {
  const { BindOptions: bind, VolumeOptions: volume, TmpfsOptions: tmpfs, ...rest } = mount;
  const stray = !version.atLeast('1.42');
  return {
    ...rest,
    ...(bind && !(stray && mount.Type !== 'bind') && { BindOptions: bindFor(bind, version) }),
    ...(volume && !(stray && mount.Type !== 'volume') && { VolumeOptions: version.atLeast('1.45') ? volume : without(volume, 'Subpath') }),
    ...(tmpfs && !(stray && mount.Type !== 'tmpfs') && { TmpfsOptions: version.atLeast('1.46') ? tmpfs : without(tmpfs, 'Options') }),
  };
}

type BindOptions = NonNullable<MountRequest['BindOptions']>;

function bindFor(bind: BindOptions, version: Version): BindOptions {
  const later: (keyof BindOptions)[] = [
    ...(version.atLeast('1.40') ? [] : (['NonRecursive'] as const)),
    ...(version.atLeast('1.42') ? [] : (['CreateMountpoint'] as const)),
    ...(version.atLeast('1.44') ? [] : (['ReadOnlyNonRecursive', 'ReadOnlyForceRecursive'] as const)),
  ];
  return without(bind, ...later);
}

/** Inspect shows what was sent: an option that says nothing is not there. */
function without<T extends object>(options: T, ...names: readonly (keyof T)[]): T {
  const left = { ...options };
  for (const name of names) delete left[name];
  return left;
}
