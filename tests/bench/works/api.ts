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
  const containerOf = (engine: Engine): string => ids.get(engine) ?? '';
  yield measure('exec true by API', 'ms', '<= 4 ms inside the daemon: this without the client\'s two requests', 41, each(engines, (engine) => timed(async () => startExec(engine, await createExec(engine, containerOf(engine))))));
  yield measure('of that: created', 'ms', '', 41, each(engines, (engine) => timed(() => createExec(engine, containerOf(engine)))));
  yield measure('of that: start to the program\'s end', 'ms', '', 41, each(engines, async (engine) => {
    const id = await createExec(engine, containerOf(engine));
    return timed(() => startExec(engine, id));
  }));
  yield measure('of that: the client\'s two requests, if they do nothing', 'ms', '', 41, each(engines, (engine) => timed(async () => {
    await call(engine, 'GET', '/_ping');
    await call(engine, 'GET', '/_ping');
  })));
}

async function createExec(engine: Engine, container: string): Promise<string> {
  return ((await call(engine, 'POST', `/containers/${container}/exec`, { Cmd: ['true'], AttachStdout: true })) as { Id: string }).Id;
}

async function startExec(engine: Engine, id: string): Promise<void> {
  await call(engine, 'POST', `/exec/${id}/start`, { Detach: false });
}
