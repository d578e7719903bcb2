import { readFileSync } from 'node:fs';
import { Conflict, InvalidArgument, NotImplemented } from '#base';
import type { Cgroup } from '#kernel';
import { type OciResources, resourcesShape } from '#spec';
import { statusOf } from '../../direct/container.ts';
import { parseDocument } from '../bundle.ts';
import type { Command, Invocation } from '../command.ts';

const amounts = ['memory', 'memory-reservation', 'memory-swap'] as const;
const numbers = ['blkio-weight', 'cpu-period', 'cpu-quota', 'cpu-burst', 'cpu-share', 'cpu-rt-period', 'cpu-rt-runtime', 'cpu-idle', 'pids-limit'] as const;
const lists = ['cpuset-cpus', 'cpuset-mems'] as const;
/** Intel's cache and memory bandwidth control, which no container here has. */
const refused = ['l3-cache-schema', 'mem-bw-schema'] as const;

/** `update`: changes the limits of a container that runs. What neither the file nor a flag names stays as it is. */
export const update: Command = {
  usage: 'update [--resources FILE|-] [limits] <container-id>',
  help: 'update container resource constraints',
  flags: [{ name: 'resources', short: 'r', value: true }, ...[...amounts, ...numbers, ...lists, ...refused].map((name) => ({ name, value: true }))],
  takes: [1, 1],
  async run(invocation) {
    const container = invocation.container();
    for (const name of refused) if (invocation.text(name)) throw new NotImplemented(`not implemented: --${name}`);
    const resources = resourcesOf(invocation);
    if (statusOf(container) === 'stopped') throw new Conflict('container not running');
    const { cgroup, record: { systemd } } = container;
    const whole = withCpuTime(resources, cgroup);
    if (systemd) await (await import('../../systemd/unit.ts')).updateUnit(systemd, cgroup, whole);
    cgroup.apply(whole);
    return 0;
  },
};

/** Of a quota and its period, which cgroup v2 and systemd take together, what is not named stays as it is. */
function withCpuTime(resources: OciResources, cgroup: Cgroup): OciResources {
  const { quota, period } = resources.cpu ?? {};
  const now = Boolean(quota) === Boolean(period) ? undefined : cgroup.cpuTime;
  return now ? { ...resources, cpu: { ...resources.cpu, quota: quota || now.quota, period: period || now.period } } : resources;
}

function resourcesOf(invocation: Invocation): OciResources {
  const file = invocation.text('resources');
  if (file) {
    const { devices, ...resources } = parseDocument(readFileSync(file === '-' ? 0 : file, 'utf8'), resourcesShape) as OciResources;
    return devices?.length ? { ...resources, devices } : resources;
  }
  const number = (name: (typeof numbers)[number]) => (invocation.text(name) ? invocation.number(name) : undefined);
  const bytes = (name: (typeof amounts)[number]) => parseBytes(name, invocation.text(name));
  const text = (name: (typeof lists)[number]) => invocation.text(name) || undefined;
  return withoutNothing({
    memory: withoutNothing({ limit: bytes('memory'), reservation: bytes('memory-reservation'), swap: bytes('memory-swap') }),
    cpu: withoutNothing({
      period: number('cpu-period'),
      quota: number('cpu-quota'),
      burst: number('cpu-burst'),
      shares: number('cpu-share'),
      realtimePeriod: number('cpu-rt-period'),
      realtimeRuntime: number('cpu-rt-runtime'),
      idle: number('cpu-idle'),
      cpus: text('cpuset-cpus'),
      mems: text('cpuset-mems'),
    }),
    pids: withoutNothing({ limit: number('pids-limit') }),
    blockIO: withoutNothing({ weight: number('blkio-weight') }),
  });
}

/** Leaves out what is undefined. */
function withoutNothing<T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

const units: Readonly<Record<string, number>> = { b: 0, k: 1, m: 2, g: 3, t: 4, p: 5 };

/** `32m`, `1.5GiB`, `-1`: powers of 1024, as go-units has them. Throws InvalidArgument. */
function parseBytes(name: string, text: string | undefined): number | undefined {
  if (!text) return undefined;
  if (text === '-1') return -1;
  const match = /^(\d+(?:\.\d+)?) ?([bkmgtp])?(?:i?b)?$/i.exec(text);
  if (!match) throw new InvalidArgument(`invalid value for ${name}: invalid size: '${text}'`);
  return Math.floor(Number(match[1]) * 1024 ** (units[(match[2] ?? 'b').toLowerCase()] ?? 0));
}
