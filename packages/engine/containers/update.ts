/** `POST /containers/{id}/update`: other limits and another restart policy for a container that may run. */
import { Conflict, Internal, InvalidArgument, messageOf } from '#base';
import type { HostConfig, RestartPolicy, Resources } from '#spec';
import { deviceAt } from '#supervisor';
import type { Engine } from '../context.ts';
import { attributesOf } from './attributes.ts';
import { machine } from './machine.ts';
import type { ContainerRecord } from './record.ts';
import { discardUnsupported } from './spec/discard-resources.ts';
import { ociResources } from './spec/resources.ts';
import { validateResources } from './spec/validate-resources.ts';
import { validateRestartPolicy } from './spec/validate-host-config.ts';

export type UpdateBody = Partial<Resources> & { RestartPolicy?: RestartPolicy };

type Needs = Pick<Engine, 'containers' | 'supervisor' | 'events'>;

/** Of a body that `validateUpdate` took. Throws in Docker's words; nothing is changed then. */
export async function updateContainer(engine: Needs, record: ContainerRecord, body: UpdateBody): Promise<{ Warnings: string[] | null }> {
  const { RestartPolicy, ...asked } = body;
  const changed: Partial<Resources> = Object.fromEntries(Object.entries(asked).filter(([key, value]) => key in record.hostConfig && isSet(value)));
  // Any number below one takes the limit away.
  if (typeof asked.PidsLimit === 'number' && asked.PidsLimit <= 0) changed.PidsLimit = 0;
  const fit = discardUnsupported({ ...record.hostConfig, ...changed }, machine());
  const hostConfig: HostConfig = { ...fit.resources, ...(RestartPolicy?.Name && { RestartPolicy: { Name: RestartPolicy.Name, MaximumRetryCount: RestartPolicy.MaximumRetryCount ?? 0 } }) };
  refuse(record, hostConfig, body);
  const warnings = [...fit.warnings, ...validateResources(hostConfig.Memory === 0 ? { ...hostConfig, MemorySwap: 0 } : hostConfig, machine())];
  try {
    if (Object.keys(changed).length > 0) await engine.supervisor.update(record.id, ociResources(hostConfig, numbersOf));
  } catch (error) {
    throw new Internal(`Cannot update container ${record.id}: ${messageOf(error)}`, { cause: error });
  }
  const updated = engine.containers.update(record.id, { hostConfig });
  engine.events.publish('container', 'update', record.id, attributesOf(updated));
  return { Warnings: warnings.length > 0 ? warnings : null };
}

/** What is wrong with a request whatever container it is for. Throws InvalidArgument. */
export function validateUpdate({ RestartPolicy, ...asked }: UpdateBody): void {
  if (RestartPolicy?.Name) validateRestartPolicy(RestartPolicy);
  const changed: Partial<Resources> = Object.fromEntries(Object.entries(asked).filter(([, value]) => isSet(value)));
  // Memory with swap may be changed alone: what it means is seen beside the limit that holds.
  validateResources({ ...noLimits, ...changed, ...(!changed.Memory && { MemorySwap: 0 }) }, machine());
}

/** What clients send for "leave it": zero, nothing, an empty list. */
function isSet(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return value !== 0 && value !== '' && value !== null && value !== undefined;
}

/** Limits of the request alone are checked against nothing else. */
const noLimits = {
  Memory: 0, MemorySwap: 0, MemoryReservation: 0, MemorySwappiness: null, NanoCpus: 0, CpuPeriod: 0, CpuQuota: 0, CpusetCpus: '', CpusetMems: '',
  BlkioWeight: 0, OomKillDisable: false, CpuRealtimePeriod: 0, CpuRealtimeRuntime: 0, CpuPercent: 0, IOMaximumIOps: 0, IOMaximumBandwidth: 0,
} as unknown as Resources;

function refuse(record: ContainerRecord, next: HostConfig, body: UpdateBody): void {
  const cannot = (reason: string): never => {
    throw new Conflict(`Cannot update container ${record.id}: ${reason}`);
  };
  if (body.RestartPolicy?.Name && body.RestartPolicy.Name !== 'no' && record.hostConfig.AutoRemove) {
    cannot('Restart policy cannot be updated because AutoRemove is enabled for the container');
  }
  if (body.NanoCpus && record.hostConfig.CpuPeriod > 0) cannot('Conflicting options: Nano CPUs cannot be updated as CPU Period has already been set');
  if (body.NanoCpus && record.hostConfig.CpuQuota > 0) cannot('Conflicting options: Nano CPUs cannot be updated as CPU Quota has already been set');
  if (body.CpuPeriod && record.hostConfig.NanoCpus > 0) cannot('Conflicting options: CPU Period cannot be updated as NanoCPUs has already been set');
  if (body.CpuQuota && record.hostConfig.NanoCpus > 0) cannot('Conflicting options: CPU Quota cannot be updated as NanoCPUs has already been set');
  const swap = record.hostConfig.MemorySwap;
  if (body.Memory && !body.MemorySwap && swap !== -1 && next.Memory > swap) {
    cannot('Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time');
  }
}

function numbersOf(path: string): { major: number; minor: number } {
  const [device] = deviceAt(path);
  if (!device) throw new InvalidArgument(`stat ${path}: no such file or directory`);
  return { major: device.major ?? 0, minor: device.minor ?? 0 };
}
