/** A container's device requests, resolved anew at each start: documents come and go with drivers. */
import type { HostConfig } from '#spec';
import type { Log } from '../../context.ts';
import { editsOf, type DeviceEdits } from './inject.ts';
import { readCdiRegistry, type OfferedDevice } from './registry.ts';
import { resolveRequest } from './request.ts';

const nothing: DeviceEdits = { env: [], devices: [], rules: [], mounts: [], hooks: {}, groups: [] };

/** Throws in Docker's words what cannot be had; broken documents are told in the log. */
export async function deviceEdits(host: Pick<HostConfig, 'DeviceRequests'>, directories: readonly string[], log: Log): Promise<DeviceEdits> {
  const requests = host.DeviceRequests ?? [];
  if (requests.length === 0) return nothing;
  const registry = await readCdiRegistry(directories);
  for (const reason of registry.broken) log('warn', `CDI: ${reason}`);
  const resolved = requests.map((request) => resolveRequest(request, registry));
  const names = new Set(resolved.flatMap(({ devices }) => devices));
  const edits = editsOf([...names].map((name) => registry.devices.get(name) as OfferedDevice));
  return { ...edits, env: [...edits.env, ...resolved.flatMap(({ env }) => env)] };
}
