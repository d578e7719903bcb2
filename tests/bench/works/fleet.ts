/** Five hundred containers up at once, on Naru alone: dockerd would need minutes. */
import { get, type ClientRequest } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { call, create, inLanes } from '../api.ts';
import { measure, timed, type Figure } from '../measure.ts';
import { pss, treeCpu } from '../memory.ts';
import type { Engine } from '../peers.ts';

const count = 500;
/** Containers whose statistics are followed, and for how many seconds. */
const followed = 100;
const watched = 10;
/** Milliseconds after which a daemon at rest has tidied up. */
const settled = 5000;

export async function* fleetWorks([naru]: readonly Engine[]): AsyncGenerator<Figure> {
  if (!naru) return;
  const figure = (work: string, unit: Figure['unit'], budget: string, value: number) => measure(work, unit, budget, 0, { naru: async () => value });
  const ids: string[] = [];
  const before = pss(naru.pid);
  const time = await timed(() => inLanes(count, 8, async () => ids.push(await start(naru))));
  yield figure(`${count} containers up at once: created and started`, '/s', '>= 80 a second', (count / time) * 1000);
  await sleep(settled);
  yield figure('daemon memory for each', 'KB', '<= 60 KB', ((pss(naru.pid) - before) / count) * 1024);
  yield figure(`statistics of ${followed}, followed: daemon CPU`, '%', '<= 2% of one core', await follow(naru, ids.slice(0, followed)));
  yield figure(`${count} containers: stopped and removed`, 'ms', '<= 10 s', await timed(() => inLanes(count, 16, (i) => call(naru, 'DELETE', `/containers/${ids[i] ?? ''}?force=1`))));
}

async function start(naru: Engine): Promise<string> {
  const id = await create(naru, { Cmd: ['sleep', '10000'], HostConfig: { NetworkMode: 'none' } });
  await call(naru, 'POST', `/containers/${id}/start`);
  return id;
}

/** Per cent of one core. */
async function follow(naru: Engine, ids: readonly string[]): Promise<number> {
  const streams = ids.map((id): ClientRequest => get({ socketPath: naru.socket, path: `/containers/${id}/stats` }, (response) => response.resume()));
  for (const stream of streams) stream.on('error', () => undefined); // destroyed below
  await sleep(2000);
  const began = treeCpu(naru.pid);
  await sleep(watched * 1000);
  const used = treeCpu(naru.pid) - began;
  for (const stream of streams) stream.destroy();
  return used / (watched * 10);
}
