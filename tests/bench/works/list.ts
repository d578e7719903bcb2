/** A list of many containers. */
import { call, create, each, inLanes } from '../api.ts';
import { measure, timed, type Figure } from '../measure.ts';
import type { Engine } from '../peers.ts';

const count = 500;

export async function* listWorks(engines: readonly Engine[]): AsyncGenerator<Figure> {
  for (const engine of engines) await inLanes(count, 8, () => create(engine, { Cmd: ['true'], HostConfig: { NetworkMode: 'none' } }));
  yield measure(`docker ps -a with ${count} containers`, 'ms', '<= 1/2 of dockerd', 7, each(engines, (engine) => timed(() => engine.docker('ps', '-a'))));
  yield measure('the same by API', 'ms', '<= 1/2 of dockerd', 9, each(engines, (engine) => timed(() => call(engine, 'GET', '/containers/json?all=1'))));
}
