/** `--mount type=bind,src=/a,dst=/b,…`. */
import { resolve } from 'node:path';
import { InvalidArgument, parseBool } from '#base';
import type { MountRequest } from '#spec';
import { flag, parseCsvLine } from '../../../command/flag-types.ts';
import type { Flag } from '../../../command/flag.ts';
import { parseSize } from '../../../format/units.ts';

export function mount(description: string): Flag<MountRequest[]> {
  return flag<MountRequest[]>({ name: 'mount', initial: [], parse: (text, earlier) => [...earlier, parseMount(text)] }, description);
}

type VolumeOptions = NonNullable<MountRequest['VolumeOptions']>;

/** The kind of mount that each group of options belongs to. */
const families = { VolumeOptions: 'volume', BindOptions: 'bind', TmpfsOptions: 'tmpfs', ImageOptions: 'image' } as const;

/** Parses one `--mount`. Throws InvalidArgument in Docker's words. */
export function parseMount(text: string): MountRequest {
  if (text === '') throw new InvalidArgument('EOF');
  const request: MountRequest = { Type: 'volume', Target: '' };
  for (const field of parseCsvLine(text)) {
    const at = field.indexOf('=');
    if (at < 0) applySwitch(request, field);
    else applyPair(request, field.slice(0, at), field.slice(at + 1), field);
  }
  checkMount(request);
  return request;
}

function applySwitch(request: MountRequest, field: string): void {
  if (field === 'readonly' || field === 'ro') request.ReadOnly = true;
  else if (field === 'volume-nocopy') volumeOf(request).NoCopy = true;
  else if (field === 'bind-nonrecursive') bindOf(request).NonRecursive = true;
  else throw new InvalidArgument(`invalid field '${field}' must be a key=value pair`);
}

function applyPair(request: MountRequest, key: string, value: string, field: string): void {
  switch (key) {
    case 'type': request.Type = value.toLowerCase() as MountRequest['Type']; break;
    case 'source': case 'src': request.Source = value === '.' || value.startsWith('./') ? resolve(value) : value; break;
    case 'target': case 'dst': case 'destination': request.Target = value; break;
    case 'readonly': case 'ro': request.ReadOnly = switchOf(key, value) || undefined; break;
    case 'consistency': request.Consistency = value.toLowerCase(); break;
    case 'bind-propagation': bindOf(request).Propagation = value.toLowerCase(); break;
    case 'bind-nonrecursive': bindOf(request).NonRecursive = switchOf(key, value) || undefined; break;
    case 'bind-recursive': applyRecursion(request, value); break;
    case 'volume-subpath': volumeOf(request).Subpath = value; break;
    case 'volume-nocopy': volumeOf(request).NoCopy = switchOf(key, value) || undefined; break;
    case 'volume-label': set((volumeOf(request).Labels ??= {}), value); break;
    case 'volume-driver': (volumeOf(request).DriverConfig ??= {}).Name = value; break;
    case 'volume-opt': set(((volumeOf(request).DriverConfig ??= {}).Options ??= {}), value); break;
    case 'image-subpath': (request.ImageOptions ??= {}).Subpath = value; break;
    case 'tmpfs-size': tmpfsOf(request).SizeBytes = sizeOf(key, value); break;
    case 'tmpfs-mode': tmpfsOf(request).Mode = modeOf(key, value); break;
    default: throw new InvalidArgument(`unexpected key '${key}' in '${field}'`);
  }
}

function applyRecursion(request: MountRequest, value: string): void {
  switch (value) {
    case 'enabled': break;
    case 'disabled': bindOf(request).NonRecursive = true; break;
    case 'writable': bindOf(request).ReadOnlyNonRecursive = true; break;
    case 'readonly': bindOf(request).ReadOnlyForceRecursive = true; break;
    default: throw new InvalidArgument(`invalid value for bind-recursive: ${value} (must be "enabled", "disabled", "writable", or "readonly")`);
  }
}

function checkMount(request: MountRequest): void {
  if ((request.Type as string) === '') throw new InvalidArgument('type is required');
  if (request.Target === '') throw new InvalidArgument('target is required');
  for (const [options, kind] of Object.entries(families)) {
    if (request[options as keyof typeof families] && request.Type !== kind) {
      throw new InvalidArgument(`cannot mix '${kind}-*' options with mount type '${request.Type}'`);
    }
  }
  const bind = request.BindOptions;
  if (bind?.ReadOnlyNonRecursive && !request.ReadOnly) requires('bind-recursive=writable', 'readonly');
  if (bind?.ReadOnlyForceRecursive && !request.ReadOnly) requires('bind-recursive=readonly', 'readonly');
  if (bind?.ReadOnlyForceRecursive && bind.Propagation !== 'rprivate') requires('bind-recursive=readonly', 'bind-propagation=rprivate');
}

function requires(option: string, other: string): never {
  throw new InvalidArgument(`option '${option}' requires '${other}' to be specified in conjunction`);
}

function volumeOf(request: MountRequest): VolumeOptions {
  request.VolumeOptions ??= { DriverConfig: {} };
  return request.VolumeOptions;
}

function bindOf(request: MountRequest): NonNullable<MountRequest['BindOptions']> {
  return (request.BindOptions ??= {});
}

function tmpfsOf(request: MountRequest): NonNullable<MountRequest['TmpfsOptions']> {
  return (request.TmpfsOptions ??= {});
}

function set(target: Record<string, string>, pair: string): void {
  const at = pair.indexOf('=');
  const key = at < 0 ? pair : pair.slice(0, at);
  if (key !== '') target[key] = at < 0 ? '' : pair.slice(at + 1);
}

function complaining<T>(key: string, value: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new InvalidArgument(`invalid value for ${key}: ${value}`, { cause: error });
  }
}

function switchOf(key: string, value: string): boolean {
  return complaining(key, value, () => parseBool(value));
}

function sizeOf(key: string, value: string): number {
  return complaining(key, value, () => parseSize(value));
}

function modeOf(key: string, value: string): number {
  if (!/^[0-7]+$/.test(value)) throw new InvalidArgument(`invalid value for ${key}: ${value}`);
  return Number.parseInt(value, 8);
}
