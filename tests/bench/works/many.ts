/** Containers in crowds. */
import { each, inLanes, life } from '../api.ts';
import { measure, timed, type Figure } from '../measure.ts';
import type { Engine } from '../peers.ts';

export async function* manyWorks(engines: readonly Engine[]): AsyncGenerator<Figure> {
  const fifty = (engine: Engine) => timed(() => inLanes(50, 8, () => life(engine, { HostConfig: { NetworkMode: 'none' } })));
  yield measure('50 containers, 8 at a time, no network', '/s', '>= 80 a second where dockerd makes 8.5', 3, each(engines, async (engine) => 50_000 / (await fifty(engine))));
  yield measure('64 containers with a port each, all at once', 'ms', '<= 1/9 of dockerd', 1, each(engines, (engine) => timed(() => sixtyFour(engine)).finally(() => engine.clear())));
}

async function sixtyFour(engine: Engine): Promise<void> {
  const one = (_: unknown, i: number): Promise<string> => engine.docker('run', '-d', '--name', `bench-${i}`, '-p', `${21000 + i}:80`, 'busybox', 'sleep', '10000');
  await Promise.all(Array.from({ length: 64 }, one));
}
