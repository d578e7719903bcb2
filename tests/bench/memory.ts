/** What processes take, as the kernel accounts for it. */
import { readFileSync, readdirSync } from 'node:fs';

/** Megabytes of a process and everything it started: each shared page by its share (PSS). */
export function treeMemory(pid: number): number {
  return tree(pid).reduce((sum, each) => sum + pss(each), 0);
}

/** Milliseconds of CPU that a process and everything it started has used. */
export function treeCpu(pid: number): number {
  return tree(pid).reduce((sum, each) => sum + cpu(each), 0);
}

/** A process, all it started and the shims that work below `directory`. */
export function family(pid: number, directory: string): number[] {
  return [...tree(pid), ...shims(directory)];
}

/** Nanoseconds of CPU that these processes have used. */
export function exactCpu(pids: readonly number[]): number {
  return pids.flatMap(threads).reduce((sum, path) => sum + Number(read(`${path}/schedstat`).split(' ')[0]), 0);
}

function threads(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map((thread) => `/proc/${pid}/task/${thread}`);
  } catch {
    return []; // it has ended
  }
}

/** Megabytes, as PSS. */
export function pss(pid: number): number {
  return Number(/^Pss: +(\d+) kB$/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0) / 1024;
}

/** Process ids of the shims, Naru's or containerd's, that work below `directory`. */
export function shims(directory: string): number[] {
  return pids().filter((pid) => {
    const line = read(`/proc/${pid}/cmdline`);
    return /^(?:.*\/)?(?:naru-shim|containerd-shim)/.test(line) && line.includes(directory);
  });
}

/** Whether a shim still waits for a container (`runtime/plan/spares.ts`): no id stands in its name yet. */
export function isSpare(pid: number): boolean {
  return read(`/proc/${pid}/cmdline`).includes('-'.repeat(64));
}

/** Clock ticks are hundredths of a second wherever Node runs. */
function cpu(pid: number): number {
  const fields = read(`/proc/${pid}/stat`).split(') ').at(-1)?.split(' ') ?? [];
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * 10;
}

function tree(pid: number): number[] {
  const parents = new Map(pids().map((each) => [each, Number(/^PPid:\t(\d+)$/m.exec(read(`/proc/${each}/status`))?.[1])]));
  const below = (parent: number): number[] => [parent, ...[...parents].flatMap(([each, its]) => (its === parent ? below(each) : []))];
  return below(pid);
}

function pids(): number[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number);
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // the process ended while we looked
  }
}
