/** One sample of a container's counters, in the Engine API's shape. */
import { readFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { errnoOf } from '#base';
import type { TaskStats } from '#runtime';
import { rfc3339, zeroTime } from '../../clock.ts';
import { memoryFields } from './memory-fields.ts';

/** Memory in bytes, cpu in nanoseconds. */
export interface CpuStats {
  readonly cpu_usage: { total_usage: number; percpu_usage?: number[]; usage_in_kernelmode: number; usage_in_usermode: number };
  readonly system_cpu_usage?: number;
  readonly online_cpus?: number;
  readonly throttling_data: { periods: number; throttled_periods: number; throttled_time: number };
}

export interface Sample {
  readonly read: string;
  readonly cpu: CpuStats;
  readonly rest: Record<string, unknown>;
}

/** What precedes the first sample, and all that a stopped container has. */
export const noSample: Sample = {
  read: zeroTime,
  cpu: {
    cpu_usage: { total_usage: 0, usage_in_kernelmode: 0, usage_in_usermode: 0 },
    throttling_data: { periods: 0, throttled_periods: 0, throttled_time: 0 },
  },
  rest: { pids_stats: {}, blkio_stats: blkio([]), num_procs: 0, storage_stats: {}, memory_stats: {} },
};

/** `pid` names the network namespace whose interfaces are counted; 0 leaves them out. */
export function sampleOf(stats: TaskStats, pid: number): Sample {
  const networks = pid > 0 ? interfacesOf(pid) : undefined;
  return {
    read: rfc3339(stats.at),
    cpu: cpuOf(stats),
    rest: {
      pids_stats: { current: stats.pids.current, ...(stats.pids.limit === undefined ? {} : { limit: stats.pids.limit }) },
      blkio_stats: blkio(stats.blkio),
      num_procs: 0,
      storage_stats: {},
      memory_stats: memoryOf(stats),
      ...(networks && Object.keys(networks).length > 0 ? { networks } : {}),
    },
  };
}

/** The document of one moment and the one before it. */
export function document(sample: Sample, before: Sample, name: { name: string; id: string } | undefined): Record<string, unknown> {
  return { ...name, read: sample.read, preread: before.read, cpu_stats: sample.cpu, precpu_stats: before.cpu, ...sample.rest };
}

function cpuOf({ cpu }: TaskStats): CpuStats {
  return {
    cpu_usage: {
      total_usage: cpu.total,
      ...(cpu.perCpu.length > 0 ? { percpu_usage: [...cpu.perCpu] } : {}),
      usage_in_kernelmode: cpu.system,
      usage_in_usermode: cpu.user,
    },
    system_cpu_usage: systemCpuUsage(),
    online_cpus: processors,
    throttling_data: { periods: cpu.periods, throttled_periods: cpu.throttledPeriods, throttled_time: cpu.throttledTime },
  };
}

function memoryOf({ memory }: TaskStats): Record<string, unknown> {
  return {
    usage: memory.usage,
    ...(memory.maxUsage > 0 ? { max_usage: memory.maxUsage } : {}),
    stats: memoryFields(memory.stats),
    ...(memory.failcnt > 0 ? { failcnt: memory.failcnt } : {}),
    // A container without a limit has all of the machine's.
    limit: Math.min(memory.limit, memoryOfMachine),
  };
}

function blkio(rows: TaskStats['blkio']): Record<string, unknown[]> {
  const entries = (value: 'bytes' | 'operations'): unknown[] =>
    rows.map((row) => {
      const [major = 0, minor = 0] = row.device.split(':').map(Number);
      return { major, minor, op: row.op, value: row[value] };
    });
  return {
    io_service_bytes_recursive: entries('bytes'),
    io_serviced_recursive: entries('operations'),
    io_queue_recursive: [],
    io_service_time_recursive: [],
    io_wait_time_recursive: [],
    io_merged_recursive: [],
    io_time_recursive: [],
    sectors_recursive: [],
  };
}

/** /proc/stat counts in ticks of so many milliseconds: within one it need not be read again. */
const tick = 10;
let system = { at: -Infinity, usage: 0 };

/** Both are read from files, too often for what they change. */
const processors = availableParallelism();
const memoryOfMachine = totalmem();

/** Nanoseconds that all processors together have spent (proc(5), /proc/stat). */
function systemCpuUsage(): number {
  const now = performance.now();
  if (now - system.at < tick) return system.usage;
  const [, ...ticks] = (readFileSync('/proc/stat', 'utf8').split('\n', 1)[0] ?? '').split(/\s+/);
  const usage = ticks.slice(0, 7).reduce((sum, count) => sum + Number(count), 0) * tick * 1_000_000;
  system = { at: now, usage };
  return usage;
}

/** proc(5), /proc/PID/net/dev; undefined when the process has ended. */
function interfacesOf(pid: number): Record<string, Record<string, number>> | undefined {
  try {
    const rows = readFileSync(`/proc/${pid}/net/dev`, 'utf8').trimEnd().split('\n').slice(2);
    const all = rows.map((row) => {
      const [name = '', counters = ''] = row.split(':');
      return [name.trim(), counters.trim().split(/\s+/).map(Number)] as const;
    });
    return Object.fromEntries(all.filter(([name]) => name !== 'lo').map(([name, counters]) => [name, countersOf(counters)]));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'EINVAL' || errnoOf(error) === 'ESRCH') return undefined;
    throw error;
  }
}

function countersOf(columns: readonly number[]): Record<string, number> {
  const [rx_bytes = 0, rx_packets = 0, rx_errors = 0, rx_dropped = 0, , , , , tx_bytes = 0, tx_packets = 0, tx_errors = 0, tx_dropped = 0] = columns;
  return { rx_bytes, rx_packets, rx_errors, rx_dropped, tx_bytes, tx_packets, tx_errors, tx_dropped };
}
