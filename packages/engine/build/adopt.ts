import type { KeptContainer } from '#builder';
import type { HostConfig } from '#spec';
import { attributesOf } from '../containers/attributes.ts';
import { machine } from '../containers/machine.ts';
import { inventName } from '../containers/names.ts';
import type { ContainerRecord } from '../containers/record.ts';
import { completeConfig, completeHostConfig } from '../containers/spec/complete.ts';
import type { Engine } from '../context.ts';
import type { BuildOptions } from './options.ts';

type Needs = Pick<Engine, 'supervisor' | 'containers' | 'events' | 'clock'>;

/**
 * Makes a container that a build leaves behind one of the engine's: it is listed, can be looked into, committed, removed.
 * `name` is what events have told of it; undefined when none has.
 */
export function adoptContainer(engine: Needs, { id, image, config }: KeptContainer, { name: told, options }: { name: string | undefined; options: BuildOptions }): void {
  const isTaken = (candidate: string): boolean => engine.containers.list().some((other) => other.name === candidate);
  const name = told === undefined || isTaken(told) ? inventName(isTaken) : told;
  const record: ContainerRecord = {
    id,
    name,
    created: engine.clock.now(),
    image,
    config: completeConfig({ ...config, Labels: config.Labels ?? {}, Hostname: id.slice(0, 12), Image: image }),
    hostConfig: completeHostConfig(limitsOf(options), machine().cgroupVersion),
    networks: {},
    mounts: [],
    wantedMounts: [],
    restartCount: 0,
    manuallyStopped: false,
    platform: 'linux',
    links: [],
  };
  engine.supervisor.reconfigure(id, { owner: 'engine' });
  engine.containers.insert(record);
  if (told === undefined) engine.events.publish('container', 'create', id, attributesOf(record));
}

/** Of every container of the build. */
export function limitsOf(options: BuildOptions): Partial<HostConfig> {
  return {
    NetworkMode: options.networkMode || 'default',
    ExtraHosts: [...options.extraHosts],
    Memory: options.memory,
    MemorySwap: options.memorySwap,
    CpuShares: options.cpuShares,
    CpuQuota: options.cpuQuota,
    CpuPeriod: options.cpuPeriod,
    CpusetCpus: options.cpusetCpus,
    CpusetMems: options.cpusetMems,
    CgroupParent: options.cgroupParent,
    ShmSize: options.shmSize,
    Ulimits: options.ulimits.map(({ name, soft, hard }) => ({ Name: name, Soft: soft, Hard: hard })),
  };
}
