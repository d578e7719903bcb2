/** Which devices `--gpus` and `--device vendor.com/class=name` mean. */
import { Internal, InvalidArgument, quote } from '#base';
import type { DeviceRequest } from '#spec';
import type { CdiRegistry } from './registry.ts';

/** What a request with capabilities may ask of a GPU's driver (the vendor's names). */
const gpuCapabilities = ['gpu', 'nvidia', 'amd', 'compute', 'compat32', 'graphics', 'utility', 'video', 'display', 'ngx'];

export interface ResolvedRequest {
  /** Qualified names, all of them offered. */
  readonly devices: readonly string[];
  readonly env: readonly string[];
}

/** Throws InvalidArgument for devices that no document offers, Internal in dockerd's words for a request that no driver takes. */
export function resolveRequest(request: DeviceRequest, registry: CdiRegistry): ResolvedRequest {
  if (request.Driver === 'cdi') return { devices: known(request.DeviceIDs ?? [], registry), env: [] };
  const capabilities = (request.Capabilities ?? []).find((list) => list.includes('gpu') && list.every((word) => gpuCapabilities.includes(word)));
  const kind = capabilities && gpuKind(request.Driver, capabilities, registry);
  if (!kind) throw refusal(request);
  const extra = capabilities.filter((word) => !['gpu', 'nvidia', 'amd'].includes(word));
  const env = kind === 'nvidia.com/gpu' && extra.length > 0 ? [`NVIDIA_DRIVER_CAPABILITIES=${extra.join(',')}`] : [];
  return { devices: chosen(request, kind, registry), env };
}

function known(names: readonly string[], registry: CdiRegistry): string[] {
  const missing = names.filter((name) => !registry.devices.has(name));
  if (missing.length > 0) throw new InvalidArgument(`CDI device injection failed: unresolvable CDI devices ${missing.join(', ')}`);
  return [...names];
}

/** The first vendor that has GPUs, or the one that the driver or a capability names. */
function gpuKind(driver: string, capabilities: readonly string[], registry: CdiRegistry): string | undefined {
  const vendor = driver || capabilities.find((word) => word === 'nvidia' || word === 'amd') || '';
  const kinds = [...new Set([...registry.devices.keys()].map((name) => name.split('=')[0] ?? ''))].filter((kind) => kind.endsWith('/gpu'));
  return kinds.toSorted().find((kind) => vendor === '' || kind.startsWith(`${vendor}.`));
}

/** By name, so many of them, or all: the document's own `all` where it has one. */
function chosen(request: DeviceRequest, kind: string, registry: CdiRegistry): string[] {
  const ids = request.DeviceIDs ?? [];
  if (ids.length > 0) return known(ids.map((id) => `${kind}=${id}`), registry);
  const names = [...registry.devices.keys()].filter((name) => name.startsWith(`${kind}=`));
  const single = names.filter((name) => name !== `${kind}=all`).toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  if (request.Count === -1) return names.includes(`${kind}=all`) ? [`${kind}=all`] : single;
  // A device that a document offers by number and by serial is one device: the numbers are counted.
  const numbered = single.filter((name) => /=\d+$/.test(name));
  const countable = numbered.length > 0 ? numbered : single;
  if (request.Count > countable.length) throw new InvalidArgument(`device request for ${request.Count} of ${kind} cannot be met: ${countable.length} available`);
  return countable.slice(0, Math.max(request.Count, 0));
}

function refusal(request: DeviceRequest): Internal {
  const wanted = (request.Capabilities ?? []).map((list) => `[${list.join(' ')}]`).join(' ');
  return new Internal(`could not select device driver ${quote(request.Driver ?? '')} with capabilities: [${wanted}]`);
}
