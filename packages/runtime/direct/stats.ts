/**
 * A container's counters in the form of runC's `events --stats` (types.Stats), which containerd and others read. Numbers
 * stay as the kernel writes them: some are larger than a double holds.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { tolerating } from '#base';
import type { Cgroup } from '#kernel';

/** Anything that prints as JSON; bigints become plain numbers (printStats). */
type Counter = bigint | readonly bigint[] | null | { readonly [name: string]: Counter | undefined } | readonly { readonly [name: string]: Counter | string }[];
export type Stats = Readonly<Record<string, Counter>>;

/** USER_HZ. */
const TICK = 10_000_000n;
const MICRO = 1000n;
/** How v1 writes that there is no limit: the largest that is a whole number of pages. */
const NO_LIMIT = 9223372036854771712n;

export function statsOf(cgroup: Cgroup): Stats {
  const at = (controller: string): Files => new Files(cgroup.directoryOf(controller));
  const unified = new Files(cgroup.unified);
  const v1 = (controller: string): boolean => cgroup.directoryOf(controller) !== undefined;
  return {
    cpu: v1('cpuacct') ? cpuV1(at('cpuacct'), at('cpu')) : cpuV2(unified),
    cpuset: v1('cpuset') ? cpusetV1(at('cpuset')) : cpusetV2(unified),
    memory: v1('memory') ? memoryV1(at('memory')) : memoryV2(unified),
    pids: pids(v1('pids') ? at('pids') : unified),
    blkio: v1('blkio') ? blkioV1(at('blkio')) : blkioV2(unified),
    hugetlb: hugetlb(v1('hugetlb') ? at('hugetlb') : unified, v1('hugetlb')),
    intel_rdt: {},
    network_interfaces: null,
  };
}

/** One line of JSON. */
export function printStats(value: unknown): string {
  const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };
  return JSON.stringify(value, (_key, one: unknown) => (typeof one === 'bigint' ? rawJSON(String(one)) : one));
}

/** The files of one directory; what is not there reads as nothing. */
class Files {
  readonly #directory: string | undefined;

  constructor(directory: string | undefined) {
    this.#directory = directory;
  }

  text(name: string): string {
    const directory = this.#directory;
    return directory ? tolerating(['ENOENT', 'ENODEV', 'ENOTSUP'], '', () => readFileSync(join(directory, name), 'utf8').trim()) : '';
  }

  number(name: string): bigint {
    const text = this.text(name);
    return text === 'max' ? NO_LIMIT : /^-?\d+$/.test(text) ? BigInt(text) : 0n;
  }

  /** `name value` lines. */
  table(name: string): Record<string, bigint> {
    const rows = this.text(name).split('\n').map((line) => /^(.*\S)\s+(\d+)$/.exec(line));
    return Object.fromEntries(rows.flatMap((row) => (row ? [[row[1] ?? '', BigInt(row[2] ?? '0')]] : [])));
  }

  /** `0-2,5`. */
  range(name: string): bigint[] {
    return this.text(name).split(',').filter(Boolean).flatMap((part) => {
      const [first = 0, last = first] = part.split('-').map(Number);
      return Array.from({ length: last - first + 1 }, (_, index) => BigInt(first + index));
    });
  }

  names(): string[] {
    return this.#directory && existsSync(this.#directory) ? readdirSync(this.#directory) : [];
  }
}

function cpuV1(cpuacct: Files, cpu: Files): Counter {
  const split = cpuacct.table('cpuacct.stat');
  const { nr_periods, nr_throttled, throttled_time } = cpu.table('cpu.stat');
  const rows = cpuacct.text('cpuacct.usage_all').split('\n').slice(1).map((line) => line.split(' ').map(BigInt));
  return {
    usage: {
      total: cpuacct.number('cpuacct.usage'),
      percpu: cpuacct.text('cpuacct.usage_percpu').split(' ').filter(Boolean).map(BigInt),
      percpu_kernel: rows.map((row) => row[2] ?? 0n),
      percpu_user: rows.map((row) => row[1] ?? 0n),
      kernel: (split.system ?? 0n) * TICK,
      user: (split.user ?? 0n) * TICK,
    },
    throttling: { periods: nr_periods, throttledPeriods: nr_throttled, throttledTime: throttled_time },
  };
}

function cpuV2(files: Files): Counter {
  const { usage_usec = 0n, system_usec = 0n, user_usec = 0n, nr_periods, nr_throttled, throttled_usec } = files.table('cpu.stat');
  return {
    usage: { total: usage_usec * MICRO, kernel: system_usec * MICRO, user: user_usec * MICRO },
    throttling: { periods: nr_periods, throttledPeriods: nr_throttled, throttledTime: throttled_usec && throttled_usec * MICRO },
  };
}

const cpusetFlags = ['cpu_exclusive', 'mem_hardwall', 'mem_exclusive', 'memory_migrate', 'memory_spread_page', 'memory_spread_slab', 'memory_pressure', 'sched_load_balance', 'sched_relax_domain_level'];

function cpusetV1(files: Files): Counter {
  const flags = cpusetFlags.map((name) => [name, files.number(`cpuset.${name}`)]);
  return { cpus: files.range('cpuset.cpus'), mems: files.range('cpuset.mems'), ...(Object.fromEntries(flags) as Record<string, bigint>) };
}

function cpusetV2(files: Files): Counter {
  return { cpus: files.range('cpuset.cpus.effective'), mems: files.range('cpuset.mems.effective') };
}

function memoryV1(files: Files): Counter {
  const entry = (prefix: string) => ({
    limit: files.number(`memory.${prefix}limit_in_bytes`),
    usage: files.number(`memory.${prefix}usage_in_bytes`),
    max: files.number(`memory.${prefix}max_usage_in_bytes`),
    failcnt: files.number(`memory.${prefix}failcnt`),
  });
  const raw = files.table('memory.stat');
  return { cache: raw.cache, usage: entry(''), swap: entry('memsw.'), kernel: entry('kmem.'), kernelTCP: entry('kmem.tcp.'), raw };
}

function memoryV2(files: Files): Counter {
  const raw = files.table('memory.stat');
  const { oom = 0n } = files.table('memory.events');
  const usage = { limit: files.number('memory.max'), usage: files.number('memory.current'), max: files.number('memory.peak'), failcnt: oom };
  const swap = { limit: files.number('memory.swap.max'), usage: files.number('memory.swap.current'), max: files.number('memory.swap.peak'), failcnt: 0n };
  return { cache: raw.file, usage, swap, raw };
}

function pids(files: Files): Counter {
  const limit = files.text('pids.max');
  return { current: files.number('pids.current'), limit: limit === 'max' || limit === '' ? undefined : BigInt(limit) };
}

function blkioV1(files: Files): Counter {
  const list = (name: string) => {
    const text = files.text(`blkio.bfq.${name}_recursive`) || files.text(`blkio.throttle.${name}_recursive`) || files.text(`blkio.throttle.${name}`);
    return text.split('\n').flatMap((line) => {
      const match = /^(\d+):(\d+) (\w+) (\d+)$/.exec(line);
      return match ? [{ major: BigInt(match[1] ?? 0), minor: BigInt(match[2] ?? 0), op: match[3] ?? '', value: BigInt(match[4] ?? 0) }] : [];
    });
  };
  return { ioServiceBytesRecursive: list('io_service_bytes'), ioServicedRecursive: list('io_serviced') };
}

function blkioV2(files: Files): Counter {
  const rows = files.text('io.stat').split('\n').flatMap((line) => {
    const [device = '', ...pairs] = line.split(' ');
    const [major, minor] = device.split(':');
    const values = new Map(pairs.map((pair) => pair.split('=') as [string, string]));
    if (!major || !minor) return [];
    return [{ major: BigInt(major), minor: BigInt(minor), values }];
  });
  const list = (read: string, write: string) =>
    rows.flatMap(({ major, minor, values }) => [
      { major, minor, op: 'Read', value: BigInt(values.get(read) ?? 0) },
      { major, minor, op: 'Write', value: BigInt(values.get(write) ?? 0) },
    ]);
  return { ioServiceBytesRecursive: list('rbytes', 'wbytes'), ioServicedRecursive: list('rios', 'wios') };
}

function hugetlb(files: Files, v1: boolean): Counter {
  const suffix = v1 ? 'usage_in_bytes' : 'current';
  const sizes = files.names().flatMap((name) => new RegExp(`^hugetlb\\.(\\w+)\\.${suffix}$`).exec(name)?.[1] ?? []);
  const entry = (size: string) =>
    v1
      ? { usage: files.number(`hugetlb.${size}.usage_in_bytes`), max: files.number(`hugetlb.${size}.max_usage_in_bytes`), failcnt: files.number(`hugetlb.${size}.failcnt`) }
      : { usage: files.number(`hugetlb.${size}.current`), failcnt: files.table(`hugetlb.${size}.events`).max ?? 0n };
  return Object.fromEntries(sizes.map((size) => [size, entry(size)]));
}
