/** What one answer of the stats call says of a container. */
import type { StatsAnswer } from '#client';

export interface Reading {
  /** As it was asked for. */
  readonly container: string;
  readonly id: string;
  readonly name: string;
  /** False before the first answer and after the last. */
  readonly valid: boolean;
  readonly cpu: number;
  readonly memory: number;
  readonly memoryLimit: number;
  readonly received: number;
  readonly sent: number;
  readonly blockRead: number;
  readonly blockWritten: number;
  readonly processes: number;
}

/** A container of which nothing is known. */
export function emptyReading(container: string): Reading {
  return { container, id: '', name: '', valid: false, cpu: 0, memory: 0, memoryLimit: 0, received: 0, sent: 0, blockRead: 0, blockWritten: 0, processes: 0 };
}

/** Percentages of one processor; bytes. */
export function readingOf(container: string, answer: StatsAnswer): Reading {
  const networks = Object.values(answer.networks ?? {});
  const blocks = answer.blkio_stats?.io_service_bytes_recursive ?? [];
  const total = (letter: string): number => blocks.filter(({ op }) => op.toLowerCase().startsWith(letter)).reduce((sum, { value }) => sum + value, 0);
  return {
    container,
    id: answer.id ?? '',
    name: (answer.name ?? '').replace(/^\//, ''),
    valid: answer.read !== '0001-01-01T00:00:00Z' || Boolean(answer.name),
    cpu: processorShare(answer),
    memory: memoryOf(answer),
    memoryLimit: answer.memory_stats.limit ?? 0,
    received: networks.reduce((sum, { rx_bytes }) => sum + rx_bytes, 0),
    sent: networks.reduce((sum, { tx_bytes }) => sum + tx_bytes, 0),
    blockRead: total('r'),
    blockWritten: total('w'),
    processes: answer.pids_stats?.current ?? 0,
  };
}

function processorShare({ cpu_stats: now, precpu_stats: before }: StatsAnswer): number {
  const own = now.cpu_usage.total_usage - before.cpu_usage.total_usage;
  const system = (now.system_cpu_usage ?? 0) - (before.system_cpu_usage ?? 0);
  const processors = now.online_cpus || (now.cpu_usage.percpu_usage ?? []).length;
  return system > 0 && own > 0 ? (own / system) * processors * 100 : 0;
}

/** Without the file cache that the kernel would give up first: cgroup v1 and v2 name it differently. */
function memoryOf({ memory_stats: { usage = 0, stats = {} } }: StatsAnswer): number {
  for (const key of ['total_inactive_file', 'inactive_file']) {
    const cache = stats[key];
    if (cache !== undefined && cache < usage) return usage - cache;
    if (key === 'total_inactive_file' && cache !== undefined) break;
  }
  return usage;
}
