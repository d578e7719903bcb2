/** One sample of a container's counters, in the Engine API's shape. */
import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { processorCount } from '#kernel';
import type { InterfaceTraffic } from '#network';
import type { TaskStats } from '#runtime';
import { rfc3339, zeroTime } from '../../clock.ts';
import { encodeJson } from '../../json.ts';
import { memoryFields } from './memory-fields.ts';

/** As pieces of JSON, which are put together once for a document and the one behind it. Memory in bytes, cpu in nanoseconds. */
export interface Sample {
  readonly read: string;
  /** The value of `cpu_stats`. */
  readonly cpu: string;
  /** The members that follow the processor's. */
  readonly rest: string;
}

/** Of a container that does not run nothing was counted: other than empty lists. */
const noBlkio = Object.fromEntries(
  ['service_bytes', 'serviced', 'queue', 'service_time', 'wait_time', 'merged', 'time'].map((name) => [`io_${name}_recursive`, null]).concat([['sectors_recursive', null]]),
);

/** What precedes the first sample, and all that a stopped container has. */
export const noSample: Sample = {
  read: zeroTime,
  cpu: json({
    cpu_usage: { total_usage: 0, usage_in_kernelmode: 0, usage_in_usermode: 0 },
    throttling_data: { periods: 0, throttled_periods: 0, throttled_time: 0 },
  }),
  rest: `"pids_stats":{},"blkio_stats":${json(noBlkio)},"num_procs":0,"storage_stats":{},"memory_stats":{}`,
};

/** What its interfaces let through, by their names; empty where it has none. */
type Traffic = Readonly<Record<string, InterfaceTraffic>>;

export function sampleOf(stats: TaskStats, traffic: Traffic): Sample {
  const { current, limit } = stats.pids;
  const pids = limit === undefined ? `{"current":${current}}` : `{"current":${current},"limit":${limit}}`;
  const rest = `"pids_stats":${pids},"blkio_stats":${onceFor(stats.blkio, blkio)},"num_procs":0,"storage_stats":{},"memory_stats":${memoryOf(stats)}`;
  const networks = onceFor(traffic, interfaces);
  return { read: rfc3339(stats.at), cpu: cpuOf(stats), rest: networks === '{}' ? rest : `${rest},"networks":${networks}` };
}

/** What a document tells beside the counters. */
export interface Heading {
  /** Left out where a client asks for one sample alone. */
  readonly name?: { readonly name: string; readonly id: string } | undefined;
  /** Clients know `os_type`: those of API 1.52. */
  readonly system: boolean;
}

/** The document of one moment and the one before it, as JSON. */
export function document(sample: Sample, before: Sample, { name, system }: Heading): string {
  const head = `${name ? `"name":${JSON.stringify(name.name)},"id":"${name.id}",` : ''}${system ? '"os_type":"linux",' : ''}`;
  return `{${head}"read":"${sample.read}","preread":"${before.read}","cpu_stats":${sample.cpu},"precpu_stats":${before.cpu},${sample.rest}}`;
}

function json(value: unknown): string {
  return encodeJson(value).trimEnd();
}

/** What was made of an object that is still the same: counters that stand still come as the very same one. */
const made = new WeakMap<object, string>();

function onceFor<T extends object>(value: T, make: (value: T) => string): string {
  const known = made.get(value);
  if (known !== undefined) return known;
  const text = make(value);
  made.set(value, text);
  return text;
}

function cpuOf({ cpu }: TaskStats): string {
  const perCpu = cpu.perCpu.length > 0 ? `"percpu_usage":[${cpu.perCpu.join()}],` : '';
  const usage = `{"total_usage":${cpu.total},${perCpu}"usage_in_kernelmode":${cpu.system},"usage_in_usermode":${cpu.user}}`;
  const throttling = `{"periods":${cpu.periods},"throttled_periods":${cpu.throttledPeriods},"throttled_time":${cpu.throttledTime}}`;
  return `{"cpu_usage":${usage},"system_cpu_usage":${systemCpuUsage()},"online_cpus":${processors},"throttling_data":${throttling}}`;
}

function memoryOf({ memory }: TaskStats): string {
  const most = memory.maxUsage > 0 ? `"max_usage":${memory.maxUsage},` : '';
  const failures = memory.failcnt > 0 ? `"failcnt":${memory.failcnt},` : '';
  // A container without a limit has all of the machine's.
  const limit = Math.min(memory.limit, memoryOfMachine);
  return `{"usage":${memory.usage},${most}"stats":${onceFor(memory.stats, (stats) => json(memoryFields(stats)))},${failures}"limit":${limit}}`;
}

function blkio(rows: TaskStats['blkio']): string {
  const entries = (value: 'bytes' | 'operations'): unknown[] =>
    rows.map((row) => {
      const [major = 0, minor = 0] = row.device.split(':').map(Number);
      return { major, minor, op: row.op, value: row[value] };
    });
  return json({
    io_service_bytes_recursive: entries('bytes'),
    io_serviced_recursive: entries('operations'),
    io_queue_recursive: [],
    io_service_time_recursive: [],
    io_wait_time_recursive: [],
    io_merged_recursive: [],
    io_time_recursive: [],
    sectors_recursive: [],
  });
}

/** /proc/stat counts in ticks of so many milliseconds: within one it need not be read again. */
const tick = 10;
let system = { at: -Infinity, usage: 0 };

/** Both are read from files, too often for what they change. */
const processors = processorCount();
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

function interfaces(traffic: Traffic): string {
  return json(Object.fromEntries(Object.entries(traffic).map(([name, { received, sent }]) => [name, { ...counters('rx', received), ...counters('tx', sent) }])));
}

function counters(way: string, { bytes, packets, errors, dropped }: InterfaceTraffic['sent']): Record<string, number> {
  return { [`${way}_bytes`]: bytes, [`${way}_packets`]: packets, [`${way}_errors`]: errors, [`${way}_dropped`]: dropped };
}
