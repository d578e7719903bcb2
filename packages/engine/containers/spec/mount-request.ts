/** One `--mount` (HostConfig.Mounts), checked as dockerd does. */
import { InvalidArgument, quote } from '#base';
import type { MountRequest } from '#spec';
import { clean, plainMount, propagations, requireDestination, sharedLabel, type WantedMount } from './bind.ts';

/** Throws InvalidArgument (`invalid mount config for type "bind": …`). `exists` tells whether a host path is there. */
export function parseMountRequest(request: MountRequest, exists: (path: string) => boolean): WantedMount {
  try {
    return parse(request, exists);
  } catch (error) {
    throw new InvalidArgument(`invalid mount config for type ${quote(request.Type ?? '')}: ${(error as Error).message}`);
  }
}

function parse(request: MountRequest, exists: (path: string) => boolean): WantedMount {
  if (!request.Target) throw new InvalidArgument('field Target must not be empty');
  if (!['bind', 'volume', 'tmpfs', 'image'].includes(request.Type ?? '')) throw new InvalidArgument('mount type unknown');
  requireDestination(request.Target);
  refuseForeignOptions(request);
  const common = { destination: clean(request.Target), readOnly: request.ReadOnly ?? false };
  if (request.Type === 'bind') return bind(request, common, exists);
  if (request.Type === 'tmpfs') return tmpfs(request, common);
  if (request.Type === 'image') return image(request, common);
  return volume(request, common);
}

type Common = Pick<WantedMount, 'destination' | 'readOnly'>;

/** BindOptions on a volume and the like: a slip of the pen that would be silently lost. */
function refuseForeignOptions(request: MountRequest): void {
  const own: Readonly<Record<string, string>> = { bind: 'BindOptions', volume: 'VolumeOptions', tmpfs: 'TmpfsOptions', image: 'ImageOptions' };
  for (const name of Object.values(own)) {
    const value = request[name as keyof MountRequest];
    if (name !== own[request.Type ?? ''] && value !== undefined && value !== null) throw new InvalidArgument(`field ${name} must not be specified`);
  }
}

function bind(request: MountRequest, common: Common, exists: (path: string) => boolean): WantedMount {
  const { Source = '', BindOptions: options } = request;
  if (Source === '') throw new InvalidArgument('field Source must not be empty');
  if (!Source.startsWith('/')) throw new InvalidArgument(`invalid mount path: '${Source}' mount path must be absolute`);
  if (!options?.CreateMountpoint && !exists(Source)) throw new InvalidArgument(`bind source path does not exist: ${Source}`);
  const propagation = options?.Propagation ?? '';
  if (propagation !== '' && !propagations.includes(propagation)) throw new InvalidArgument(`invalid propagation mode: ${propagation}`);
  if (options?.ReadOnlyNonRecursive && options.ReadOnlyForceRecursive) throw new InvalidArgument('mount options conflict: ReadOnlyNonRecursive && ReadOnlyForceRecursive');
  return plainMount({
    ...common,
    type: 'bind',
    source: clean(Source),
    propagation,
    nonRecursive: options?.NonRecursive ?? false,
    ...(options?.ReadOnlyNonRecursive && { submountsStayWritable: true }),
    createSource: options?.CreateMountpoint ?? false,
  });
}

function volume(request: MountRequest, common: Common): WantedMount {
  const options = request.VolumeOptions;
  if (!request.Source && options?.Subpath) throw new InvalidArgument('must not set Subpath when using anonymous volumes');
  if (!request.Source && common.readOnly) throw new InvalidArgument('must not set ReadOnly mode when using anonymous volumes');
  return plainMount({
    ...common,
    type: 'volume',
    mode: sharedLabel,
    source: request.Source ?? '',
    noCopy: options?.NoCopy ?? false,
    subpath: requireInside(options?.Subpath ?? ''),
    driver: options?.DriverConfig?.Name ?? '',
    driverOptions: options?.DriverConfig?.Options ?? {},
    labels: options?.Labels ?? {},
  });
}

function tmpfs(request: MountRequest, common: Common): WantedMount {
  if (request.Source) throw new InvalidArgument('field Source must not be specified');
  const { SizeBytes = 0, Mode = 0, Options = [] } = request.TmpfsOptions ?? {};
  const tmpfsOptions = [
    ...(common.readOnly ? ['ro'] : []),
    ...(Mode > 0 ? [`mode=${Mode.toString(8)}`] : []),
    ...(SizeBytes !== 0 ? [`size=${SizeBytes}`] : []),
    ...Options.map((option) => option.join('=')),
  ];
  return plainMount({ ...common, type: 'tmpfs', source: '', tmpfsOptions });
}

function image(request: MountRequest, common: Common): WantedMount {
  if (!request.Source) throw new InvalidArgument('field Source must not be empty');
  return plainMount({ ...common, type: 'image', source: request.Source, subpath: requireInside(request.ImageOptions?.Subpath ?? '') });
}

/** A volume's or an image's subpath. */
function requireInside(subpath: string): string {
  if (subpath.startsWith('/') || subpath.split('/').includes('..')) throw new InvalidArgument('subpath must be a relative path within the volume');
  return subpath;
}
