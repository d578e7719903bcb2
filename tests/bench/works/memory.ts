/** What an idle engine and an idle container take. */
import { readFileSync, readdirSync } from 'node:fs';
import { measure, type Figure } from '../measure.ts';
import type { Engine } from '../peers.ts';

const containers = 20;

export async function* memoryWorks(engines: readonly Engine[]): AsyncGenerator<Figure> {
  yield measure('daemon memory, idle', 'MB', '<= 110 MB', 0, Object.fromEntries(engines.map((engine) => [engine.name, async () => treeMemory(engine.pid)])));
  yield measure('memory of each idle container, shim and daemon', 'MB', '<= 0.5 MB', 0, Object.fromEntries(engines.map((engine) => [engine.name, () => perContainer(engine)])));
}

async function perContainer(engine: Engine): Promise<number> {
  const before = new Set(shims());
  const names = Array.from({ length: containers }, (_, i) => `bench-${i}`);
  for (const name of names) await engine.docker('run', '-d', '--name', name, 'busybox', 'sleep', '10000');
  const mine = shims().filter((pid) => !before.has(pid));
  const total = mine.reduce((sum, pid) => sum + pss(pid), 0);
  await engine.docker('rm', '-f', ...names);
  return total / containers;
}

function shims(): number[] {
  return pids().filter((pid) => /^(?:.*\/)?(?:naru-shim|containerd-shim)/.test(read(`/proc/${pid}/cmdline`)));
}

function treeMemory(pid: number): number {
  const children = pids().filter((child) => new RegExp(`^PPid:\\t${pid}$`, 'm').test(read(`/proc/${child}/status`)));
  return pss(pid) + children.reduce((sum, child) => sum + treeMemory(child), 0);
}

function pss(pid: number): number {
  return Number(/^Pss: +(\d+) kB$/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0) / 1024;
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
