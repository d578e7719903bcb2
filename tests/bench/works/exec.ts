/** `docker exec`, `docker ps`: what a person types all day. */
import { each } from '../api.ts';
import { measure, timed, type Figure } from '../measure.ts';
import type { Engine } from '../peers.ts';
import { cliAlone } from './run.ts';

export async function* execWorks(engines: readonly Engine[]): AsyncGenerator<Figure> {
  for (const engine of engines) await engine.docker('run', '-d', '--name', 'bench-idle', 'busybox', 'sleep', '10000');
  const typed = (...args: string[]) => each(engines, (engine) => timed(() => engine.docker(...args)), { limit: cliAlone });
  yield measure('docker exec c true', 'ms', '<= 1/5 of dockerd, or the command line alone', 15, typed('exec', 'bench-idle', 'true'));
  yield measure('docker ps', 'ms', '<= 10/8 of the command line alone', 15, typed('ps'));
}
