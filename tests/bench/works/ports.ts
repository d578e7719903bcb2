/** Published ports with many others there already. */
import type { Engine } from '../peers.ts';
import { measure, timed, type Figure } from '../measure.ts';

const OTHERS = 500;
const range = (first: number, count: number): string[] => ['-p', `${first}-${first + count - 1}:${first}-${first + count - 1}`];

export async function* portWorks(engines: readonly Engine[]): AsyncGenerator<Figure> {
  const each = (work: (engine: Engine) => Promise<number>) => Object.fromEntries(engines.map((engine) => [engine.name, () => work(engine)]));
  for (const engine of engines) await engine.docker('run', '-d', '--name', 'bench-others', ...range(30_000, OTHERS), 'busybox', 'sleep', '10000');
  yield measure(`206 ports with ${OTHERS} others: start`, 'ms', '<= 1/40 of dockerd', 1, each(async (engine) => {
    await engine.docker('create', '--name', 'bench-ports', ...range(20_000, 206), 'busybox', 'sleep', '10000');
    const time = await timed(() => engine.docker('start', 'bench-ports'));
    await engine.docker('rm', '-f', 'bench-ports');
    return time;
  }));
  yield measure(`206 ports with ${OTHERS} others: remove`, 'ms', '<= 1/40 of dockerd', 1, each(async (engine) => {
    await engine.docker('run', '-d', '--name', 'bench-ports', ...range(20_000, 206), 'busybox', 'sleep', '10000');
    return timed(() => engine.docker('rm', '-f', 'bench-ports'));
  }));
  for (const engine of engines) await engine.docker('rm', '-f', 'bench-others');
}
