/** What a container costs where no command line stands between. */
import { call, create, each, life } from '../api.ts';
import { measure, timed, type Figure } from '../measure.ts';
import type { Engine } from '../peers.ts';

export async function* apiWorks(engines: readonly Engine[]): AsyncGenerator<Figure> {
  yield measure('create, start, wait, remove by API, bridge', 'ms', '<= 1/25 of dockerd', 21, each(engines, (engine) => timed(() => life(engine))));
  yield measure('the same, network none', 'ms', '<= 5 ms above a raw clone, overlay, pivot and exec', 21, each(engines, (engine) => timed(() => life(engine, { HostConfig: { NetworkMode: 'none' } }))));
  const ids = new Map<Engine, string>();
  for (const engine of engines) {
    const id = await create(engine, { Cmd: ['sleep', '10000'] });
    await call(engine, 'POST', `/containers/${id}/start`);
    ids.set(engine, id);
  }
  yield measure('exec true by API', 'ms', '<= 4 ms inside the daemon', 21, each(engines, (engine) => timed(() => exec(engine, ids.get(engine) ?? ''))));
}

async function exec(engine: Engine, container: string): Promise<void> {
  const { Id: id } = (await call(engine, 'POST', `/containers/${container}/exec`, { Cmd: ['true'], AttachStdout: true })) as { Id: string };
  await call(engine, 'POST', `/exec/${id}/start`, { Detach: false });
}
