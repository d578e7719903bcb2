/** The counters of a cgroup, v1's and v2's under the same names. Memory in bytes, cpu in nanoseconds. */
import { existsSync } from 'node:fs';
import { errnoOf } from '#base';
import type { OpenFiles } from './open-files.ts';

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

/** What a controller that is not there would say is 0. `files` are those of this cgroup. */
export function readStats(cgroup: CgroupPlaces, files: OpenFiles): CgroupStats {
  const has = (controller: string) => cgroup.directoryOf(controller);
  return {
    at: Date.now(),
    cpu: has('cpuacct') ? cpuV1(files, has('cpuacct') ?? '', has('cpu')) : cpuV2(files, cgroup.unified),
    memory: has('memory') ? memoryV1(files, has('memory') ?? '') : memoryV2(files, cgroup.unified),
    pids: pidsOf(files, has('pids') ?? cgroup.unified),
    blkio: has('blkio') ? blkioV1(files, has('blkio') ?? '') : ioV2(files, cgroup.unified),
  };
}

function text(files: OpenFiles, directory: string | undefined, file: string): string {
  if (!directory) return '';
  try {
    return files.read(`${directory}/${file}`).trim();
  } catch (error) {
    const code = errnoOf(error);
    if (code === 'ENOENT' || code === 'ENODEV' || code === 'EOPNOTSUPP') return '';
    throw error;
  }
}

/** 0 when there is no such file; "max" is the kernel's word for no limit, and so is v1's page-aligned LONG_MAX. */
function number(files: OpenFiles, directory: string | undefined, file: string): number {
  const value = text(files, directory, file);
  return value === 'max' ? Number.MAX_SAFE_INTEGER : Number(value);
}

/** `name value` lines. */
function table(content: string): Record<string, number> {
  const values: Record<string, number> = {};
  for (let start = 0; start < content.length; ) {
    const newline = content.indexOf('\n', start);
    const end = newline < 0 ? content.length : newline;
    const space = content.lastIndexOf(' ', end - 1);
    if (space > start) values[content.slice(start, space)] = Number(content.slice(space + 1, end));
    start = end + 1;
  }
  return values;
}

function cpuV1(files: OpenFiles, cpuacct: string, cpu: string | undefined): CgroupStats['cpu'] {
  const split = table(text(files, cpuacct, 'cpuacct.stat'));
  const throttling = table(text(files, cpu, 'cpu.stat'));
  return {
    total: number(files, cpuacct, 'cpuacct.usage'),
    user: (split.user ?? 0) * TICK,
    system: (split.system ?? 0) * TICK,
    perCpu: text(files, cpuacct, 'cpuacct.usage_percpu').split(/\s+/).filter(Boolean).map(Number),
    periods: throttling.nr_periods ?? 0,
    throttledPeriods: throttling.nr_throttled ?? 0,
    throttledTime: throttling.throttled_time ?? 0,
  };
}

function cpuV2(files: OpenFiles, directory: string | undefined): CgroupStats['cpu'] {
  const stat = table(text(files, directory, 'cpu.stat'));
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

function memoryV1(files: OpenFiles, directory: string): CgroupStats['memory'] {
  return {
    usage: number(files, directory, 'memory.usage_in_bytes'),
    maxUsage: number(files, directory, 'memory.max_usage_in_bytes'),
    limit: number(files, directory, 'memory.limit_in_bytes'),
    failcnt: number(files, directory, 'memory.failcnt'),
    stats: table(text(files, directory, 'memory.stat')),
  };
}

function memoryV2(files: OpenFiles, directory: string | undefined): CgroupStats['memory'] {
  const events = table(text(files, directory, 'memory.events'));
  return {
    usage: number(files, directory, 'memory.current'),
    maxUsage: number(files, directory, 'memory.peak'),
    limit: number(files, directory, 'memory.max'),
    failcnt: events.max ?? 0,
    stats: table(text(files, directory, 'memory.stat')),
  };
}

function pidsOf(files: OpenFiles, directory: string | undefined): CgroupStats['pids'] {
  const limit = text(files, directory, 'pids.max');
  return { current: number(files, directory, 'pids.current'), limit: limit && limit !== 'max' ? Number(limit) : undefined };
}

/** Files that this kernel's block controller has not: asking for one again and again would cost an exception each time. */
const absent = new Set<string>();

function present(files: OpenFiles, directory: string, file: string): string {
  if (absent.has(file)) return '';
  const content = text(files, directory, file);
  if (content === '' && existsSync(directory) && !existsSync(`${directory}/${file}`)) absent.add(file);
  return content;
}

/** `8:0 Read 4096` lines, bytes in one file, operations in another; with bfq its own counters are the ones that move. */
function blkioV1(files: OpenFiles, directory: string): CgroupStats['blkio'] {
  const file = (name: string) => present(files, directory, `blkio.bfq.${name}_recursive`) || present(files, directory, `blkio.throttle.${name}_recursive`) || present(files, directory, `blkio.throttle.${name}`);
  const operations = table(file('io_serviced'));
  return Object.entries(table(file('io_service_bytes')))
    .filter(([key]) => /^\d+:\d+ \w+$/.test(key))
    .map(([key, bytes]) => {
      const [device = '', op = ''] = key.split(' ');
      return { device, op, bytes, operations: operations[key] ?? 0 };
    });
}

/** `8:0 rbytes=… wbytes=… rios=… wios=…` lines. */
function ioV2(files: OpenFiles, directory: string | undefined): CgroupStats['blkio'] {
  return text(files, directory, 'io.stat').split('\n').filter((line) => line.includes('=')).flatMap((line) => {
    const [device = '', ...pairs] = line.split(' ');
    const value = new Map(pairs.map((pair) => pair.split('=') as [string, string]));
    const entry = (op: string, bytes: string, operations: string) => ({ device, op, bytes: Number(value.get(bytes) ?? 0), operations: Number(value.get(operations) ?? 0) });
    return [entry('Read', 'rbytes', 'rios'), entry('Write', 'wbytes', 'wios')];
  });
}
