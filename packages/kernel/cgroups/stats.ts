/** The counters of a cgroup, v1's and v2's under the same names. Memory in bytes, cpu in nanoseconds. */
import { existsSync } from 'node:fs';
import { errnoOf } from '#base';
import { OpenFiles } from '../counters/open-files.ts';
import { Standstill } from '../counters/standstill.ts';

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

type Places = Readonly<Record<'cpuacct' | 'cpu' | 'memory' | 'pids' | 'blkio' | 'unified', string | undefined>>;

/** A cgroup's counters, read as often as one likes. What a controller that is not there would say is 0. */
export class Counters implements Disposable {
  readonly #cgroup: CgroupPlaces;
  readonly #files = new OpenFiles();
  readonly #standstill = new Standstill();
  #places: Places | undefined;
  #last: CgroupStats | undefined;

  constructor(cgroup: CgroupPlaces) {
    this.#cgroup = cgroup;
  }

  /**
   * Parts that say what they said last time are the very same objects. While neither processor time nor memory in use
   * moves, nothing has run in it, and little is read: a limit that somebody else wrote meanwhile is told up to five seconds late.
   */
  read(): CgroupStats {
    const files = this.#files;
    files.stay();
    const places = (this.#places ??= placesOf(this.#cgroup));
    const moved = movers(files, places);
    const still = this.#standstill.holds(moved.cpu > 0 ? [moved.cpu, moved.memory] : []); // nothing to go by where it is not counted
    const last = still && this.#last ? { ...this.#last, at: Date.now(), ...moving(files, places, this.#last) } : readAll(files, places, moved);
    return (this.#last = last);
  }

  /** Somebody has written limits. */
  changed(): void {
    this.#standstill.end();
  }

  /** Closes the files. */
  [Symbol.dispose](): void {
    this.#files[Symbol.dispose]();
    this.#places = undefined;
    this.#last = undefined;
  }
}

interface Movers {
  /** Processor time, 0 where it is not counted. */
  readonly cpu: number;
  /** Memory in use. */
  readonly memory: number;
  /** What v2 counts of the processor; empty with v1's. */
  readonly cpuStat: Readonly<Record<string, number>>;
}

function movers(files: OpenFiles, { cpuacct, memory, unified }: Places): Movers {
  const cpuStat = cpuacct ? nothing : get(files, unified, 'cpu.stat', table);
  return {
    cpu: cpuacct ? get(files, cpuacct, 'cpuacct.usage', number) : (cpuStat.usage_usec ?? 0),
    memory: memory ? get(files, memory, 'memory.usage_in_bytes', number) : get(files, unified, 'memory.current', number),
    cpuStat,
  };
}

/** What moves without anything running: processes can be moved in, and v2 counts what is written back later. */
function moving(files: OpenFiles, { pids, blkio, unified }: Places, last: CgroupStats): Pick<CgroupStats, 'pids' | 'blkio'> {
  return {
    pids: { ...last.pids, current: get(files, pids ?? unified, 'pids.current', number) },
    blkio: blkio ? last.blkio : get(files, unified, 'io.stat', ioOf),
  };
}

function readAll(files: OpenFiles, { cpuacct, cpu, memory, pids, blkio, unified }: Places, moved: Movers): CgroupStats {
  return {
    at: Date.now(),
    cpu: cpuacct ? cpuV1(files, cpuacct, cpu, moved.cpu) : cpuV2(moved.cpuStat),
    memory: memory ? memoryV1(files, memory, moved.memory) : memoryV2(files, unified, moved.memory),
    pids: pidsOf(files, pids ?? unified),
    blkio: blkio ? blkioV1(files, blkio) : get(files, unified, 'io.stat', ioOf),
  };
}

function placesOf(cgroup: CgroupPlaces): Places {
  const [cpuacct, cpu, memory, pids, blkio] = ['cpuacct', 'cpu', 'memory', 'pids', 'blkio'].map((name) => cgroup.directoryOf(name));
  return { cpuacct, cpu, memory, pids, blkio, unified: cgroup.unified };
}

function get<T>(files: OpenFiles, directory: string | undefined, file: string, parse: (text: string) => T): T {
  if (!directory) return parse('');
  try {
    return files.parsed(directory, file, parse);
  } catch (error) {
    const code = errnoOf(error);
    if (code === 'ENOENT' || code === 'ENODEV' || code === 'ENOTSUP') return parse('');
    throw error;
  }
}

/** 0 when there is no such file; "max" is the kernel's word for no limit, and so is v1's page-aligned LONG_MAX. */
function number(text: string): number {
  return text.startsWith('max') ? Number.MAX_SAFE_INTEGER : Number(text);
}

function numbers(text: string): number[] {
  return text.split(/\s+/).filter(Boolean).map(Number);
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

function cpuV1(files: OpenFiles, cpuacct: string, cpu: string | undefined, total: number): CgroupStats['cpu'] {
  const split = get(files, cpuacct, 'cpuacct.stat', table);
  const throttling = get(files, cpu, 'cpu.stat', table);
  return {
    total,
    user: (split.user ?? 0) * TICK,
    system: (split.system ?? 0) * TICK,
    perCpu: get(files, cpuacct, 'cpuacct.usage_percpu', numbers),
    periods: throttling.nr_periods ?? 0,
    throttledPeriods: throttling.nr_throttled ?? 0,
    throttledTime: throttling.throttled_time ?? 0,
  };
}

function cpuV2(stat: Movers['cpuStat']): CgroupStats['cpu'] {
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

function memoryV1(files: OpenFiles, directory: string, usage: number): CgroupStats['memory'] {
  return {
    usage,
    maxUsage: get(files, directory, 'memory.max_usage_in_bytes', number),
    limit: get(files, directory, 'memory.limit_in_bytes', number),
    failcnt: get(files, directory, 'memory.failcnt', number),
    stats: get(files, directory, 'memory.stat', table),
  };
}

function memoryV2(files: OpenFiles, directory: string | undefined, usage: number): CgroupStats['memory'] {
  const events = get(files, directory, 'memory.events', table);
  return {
    usage,
    maxUsage: get(files, directory, 'memory.peak', number),
    limit: get(files, directory, 'memory.max', number),
    failcnt: events.max ?? 0,
    stats: get(files, directory, 'memory.stat', table),
  };
}

function pidsOf(files: OpenFiles, directory: string | undefined): CgroupStats['pids'] {
  return { current: get(files, directory, 'pids.current', number), limit: get(files, directory, 'pids.max', limit) };
}

function limit(text: string): number | undefined {
  return text === '' || text.startsWith('max') ? undefined : Number(text);
}

/** Files that this kernel's block controller has not: asking for one again and again would cost an exception each time. */
const absent = new Set<string>();
const nothing: Readonly<Record<string, number>> = {};
const noRows: CgroupStats['blkio'] = [];

function present(files: OpenFiles, directory: string, file: string): Readonly<Record<string, number>> {
  if (absent.has(file)) return nothing;
  const content = get(files, directory, file, table);
  if (isEmpty(content) && existsSync(directory) && !existsSync(`${directory}/${file}`)) absent.add(file);
  return content;
}

function isEmpty(values: Readonly<Record<string, number>>): boolean {
  for (const _name in values) return false;
  return true;
}

/** In this order: with bfq its own counters are the ones that move. */
const blkioNames = (counter: string): string[] => [`blkio.bfq.${counter}_recursive`, `blkio.throttle.${counter}_recursive`, `blkio.throttle.${counter}`];
const [bytesNames, operationsNames] = [blkioNames('io_service_bytes'), blkioNames('io_serviced')];

/** `8:0 Read 4096` lines, bytes in one file, operations in another. */
function blkioV1(files: OpenFiles, directory: string): CgroupStats['blkio'] {
  const bytes = firstSaying(files, directory, bytesNames);
  if (isEmpty(bytes)) return noRows;
  const operations = firstSaying(files, directory, operationsNames);
  return Object.entries(bytes)
    .filter(([key]) => /^\d+:\d+ \w+$/.test(key))
    .map(([key, count]) => {
      const [device = '', op = ''] = key.split(' ');
      return { device, op, bytes: count, operations: operations[key] ?? 0 };
    });
}

function firstSaying(files: OpenFiles, directory: string, names: readonly string[]): Readonly<Record<string, number>> {
  for (const name of names) {
    const values = present(files, directory, name);
    if (!isEmpty(values)) return values;
  }
  return nothing;
}

/** `8:0 rbytes=… wbytes=… rios=… wios=…` lines. */
function ioOf(text: string): CgroupStats['blkio'] {
  return text.split('\n').filter((line) => line.includes('=')).flatMap((line) => {
    const [device = '', ...pairs] = line.split(' ');
    const value = new Map(pairs.map((pair) => pair.split('=') as [string, string]));
    const entry = (op: string, bytes: string, operations: string) => ({ device, op, bytes: Number(value.get(bytes) ?? 0), operations: Number(value.get(operations) ?? 0) });
    return [entry('Read', 'rbytes', 'rios'), entry('Write', 'wbytes', 'wios')];
  });
}
