/** The counters of a cgroup, v1's and v2's under the same names. Memory in bytes, cpu in nanoseconds. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '#base';

export interface CgroupStats {
  readonly at: number;
  readonly cpu: { total: number; user: number; system: number; perCpu: number[]; throttledPeriods: number; periods: number; throttledTime: number };
  readonly memory: { usage: number; maxUsage: number; limit: number; failcnt: number; stats: Record<string, number> };
  readonly pids: { current: number; limit: number | undefined };
  readonly blkio: { device: string; op: string; bytes: number; operations: number }[];
}

/** cpuacct.stat counts in ticks of 1/100 s (USER_HZ) on every architecture. */
const TICK = 10_000_000;

/** Where the counters are read. */
interface CgroupPlaces {
  directoryOf(controller: string): string | undefined;
  readonly unified: string | undefined;
}

/** What a controller that is not there would say is 0. */
export function readStats(cgroup: CgroupPlaces): CgroupStats {
  const has = (controller: string) => cgroup.directoryOf(controller);
  return {
    at: Date.now(),
    cpu: has('cpuacct') ? cpuV1(has('cpuacct') ?? '', has('cpu')) : cpuV2(cgroup.unified),
    memory: has('memory') ? memoryV1(has('memory') ?? '') : memoryV2(cgroup.unified),
    pids: pidsOf(has('pids') ?? cgroup.unified),
    blkio: has('blkio') ? blkioV1(has('blkio') ?? '') : ioV2(cgroup.unified),
  };
}

function text(directory: string | undefined, file: string): string {
  if (!directory) return '';
  try {
    return readFileSync(join(directory, file), 'utf8').trim();
  } catch (error) {
    const code = errnoOf(error);
    if (code === 'ENOENT' || code === 'ENODEV' || code === 'EOPNOTSUPP') return '';
    throw error;
  }
}

/** 0 when there is no such file; "max" is the kernel's word for no limit, and so is v1's page-aligned LONG_MAX. */
function number(directory: string | undefined, file: string): number {
  const value = text(directory, file);
  return value === 'max' ? Number.MAX_SAFE_INTEGER : Number(value);
}

/** `name value` lines. */
function table(content: string): Record<string, number> {
  return Object.fromEntries(content.split('\n').filter(Boolean).map((line) => {
    const at = line.lastIndexOf(' ');
    return [line.slice(0, at), Number(line.slice(at + 1))];
  }));
}

function cpuV1(cpuacct: string, cpu: string | undefined): CgroupStats['cpu'] {
  const split = table(text(cpuacct, 'cpuacct.stat'));
  const throttling = table(text(cpu, 'cpu.stat'));
  return {
    total: number(cpuacct, 'cpuacct.usage'),
    user: (split.user ?? 0) * TICK,
    system: (split.system ?? 0) * TICK,
    perCpu: text(cpuacct, 'cpuacct.usage_percpu').split(/\s+/).filter(Boolean).map(Number),
    periods: throttling.nr_periods ?? 0,
    throttledPeriods: throttling.nr_throttled ?? 0,
    throttledTime: throttling.throttled_time ?? 0,
  };
}

function cpuV2(directory: string | undefined): CgroupStats['cpu'] {
  const stat = table(text(directory, 'cpu.stat'));
  const nanoseconds = (name: string) => (stat[name] ?? 0) * 1000;
  return {
    total: nanoseconds('usage_usec'),
    user: nanoseconds('user_usec'),
    system: nanoseconds('system_usec'),
    perCpu: [],
    periods: stat.nr_periods ?? 0,
    throttledPeriods: stat.nr_throttled ?? 0,
    throttledTime: nanoseconds('throttled_usec'),
  };
}

function memoryV1(directory: string): CgroupStats['memory'] {
  return {
    usage: number(directory, 'memory.usage_in_bytes'),
    maxUsage: number(directory, 'memory.max_usage_in_bytes'),
    limit: number(directory, 'memory.limit_in_bytes'),
    failcnt: number(directory, 'memory.failcnt'),
    stats: table(text(directory, 'memory.stat')),
  };
}

function memoryV2(directory: string | undefined): CgroupStats['memory'] {
  const events = table(text(directory, 'memory.events'));
  return {
    usage: number(directory, 'memory.current'),
    maxUsage: number(directory, 'memory.peak'),
    limit: number(directory, 'memory.max'),
    failcnt: events.max ?? 0,
    stats: table(text(directory, 'memory.stat')),
  };
}

function pidsOf(directory: string | undefined): CgroupStats['pids'] {
  const limit = text(directory, 'pids.max');
  return { current: number(directory, 'pids.current'), limit: limit && limit !== 'max' ? Number(limit) : undefined };
}

/** `8:0 Read 4096` lines, bytes in one file, operations in another; with bfq its own counters are the ones that move. */
function blkioV1(directory: string): CgroupStats['blkio'] {
  const file = (name: string) => text(directory, `blkio.bfq.${name}_recursive`) || text(directory, `blkio.throttle.${name}_recursive`) || text(directory, `blkio.throttle.${name}`);
  const operations = table(file('io_serviced'));
  return Object.entries(table(file('io_service_bytes')))
    .filter(([key]) => /^\d+:\d+ \w+$/.test(key))
    .map(([key, bytes]) => {
      const [device = '', op = ''] = key.split(' ');
      return { device, op, bytes, operations: operations[key] ?? 0 };
    });
}

/** `8:0 rbytes=… wbytes=… rios=… wios=…` lines. */
function ioV2(directory: string | undefined): CgroupStats['blkio'] {
  return text(directory, 'io.stat').split('\n').filter((line) => line.includes('=')).flatMap((line) => {
    const [device = '', ...pairs] = line.split(' ');
    const value = new Map(pairs.map((pair) => pair.split('=') as [string, string]));
    const entry = (op: string, bytes: string, operations: string) => ({ device, op, bytes: Number(value.get(bytes) ?? 0), operations: Number(value.get(operations) ?? 0) });
    return [entry('Read', 'rbytes', 'rios'), entry('Write', 'wbytes', 'wios')];
  });
}
