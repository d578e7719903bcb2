/** What engines and containers take that have nothing to do. */
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { each } from '../api.ts';
import { measure, type Figure } from '../measure.ts';
import { isSpare, pss, shims, treeCpu, treeMemory } from '../memory.ts';
import type { Engine } from '../peers.ts';

const containers = 20;
/** Seconds. */
const watched = 10;

export async function* idleWorks(engines: readonly Engine[]): AsyncGenerator<Figure> {
  await sleep(5000); // what starting left to do, memory tidied up at rest among it
  yield measure('daemon memory, idle', 'MB', '<= 110 MB', 0, each(engines, async (engine) => treeMemory(engine.pid)));
  const used = await cpuOf(engines);
  yield measure('daemon CPU, idle', '%', '<= 0.1% of one core', 0, each(engines, async (engine) => used.get(engine) ?? Number.NaN));
  yield measure('memory of the shim of an idle container', 'MB', '<= 0.5 MB', 0, each(engines, perContainer));
}

/** All at the same time. */
async function cpuOf(engines: readonly Engine[]): Promise<Map<Engine, number>> {
  const before = engines.map((engine) => treeCpu(engine.pid));
  await sleep(watched * 1000);
  return new Map(engines.map((engine, i) => [engine, (treeCpu(engine.pid) - (before[i] ?? 0)) / (watched * 10)]));
}

/** Of all containers together, since what one shares with another belongs to both. Some of their shims were there before them, as spares. */
async function perContainer(engine: Engine): Promise<number> {
  const directory = dirname(engine.socket);
  for (let i = 0; i < containers; i += 1) await engine.docker('run', '-d', '--name', `bench-${i}`, 'busybox', 'sleep', '10000');
  const total = shims(directory).filter((pid) => !isSpare(pid)).reduce((sum, pid) => sum + pss(pid), 0);
  await engine.clear();
  return total / containers;
}
