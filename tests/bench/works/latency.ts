/** How long a look takes while ten pulls, a build and a container that ignores its stop are under way: the 99th percentile. */
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SlowRegistry } from '../../support/slow-registry.ts';
import { call, create } from '../api.ts';
import { timed, type Figure } from '../measure.ts';
import type { Engine } from '../peers.ts';

const rounds = 300;

/** Naru alone: a dockerd of the bench lives in a network of its own, where the slow registry is not reached. */
export async function* latencyWorks(engines: readonly Engine[]): AsyncGenerator<Figure> {
  const naru = engines.find(({ name }) => name === 'naru');
  if (!naru) return;
  const other = await create(naru, { Cmd: ['sleep', '10000'] });
  await call(naru, 'POST', `/containers/${other}/start`);
  yield* figures(naru, other, 'idle');
  await using _busy = await keepBusy(naru);
  yield* figures(naru, other, 'ten pulls, a build, a stubborn stop under way');
}

async function* figures(engine: Engine, id: string, when: string): AsyncGenerator<Figure> {
  const looks: Record<string, () => Promise<unknown>> = {
    ps: () => call(engine, 'GET', '/containers/json'),
    inspect: () => call(engine, 'GET', `/containers/${id}/json`),
  };
  for (const [name, look] of Object.entries(looks)) {
    const samples: number[] = [];
    for (let round = 0; round < rounds; round++) samples.push(await timed(look));
    yield figureOf(`${name}, 99th percentile, ${when}`, samples);
  }
  yield figureOf(`an event, 99th percentile, ${when}`, await eventTimes(engine, id));
}

/** From the request that causes an event until it is told. */
async function eventTimes(engine: Engine, id: string): Promise<number[]> {
  const asked = request({ socketPath: engine.socket, path: `/events?filters=${JSON.stringify({ event: ['rename'] })}`, agent: false }).end();
  const [heard] = (await once(asked, 'response')) as [NodeJS.ReadableStream];
  const samples: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const told = once(heard, 'data');
    samples.push(await timed(() => Promise.all([told, call(engine, 'POST', `/containers/${id}/rename?name=renamed-${round}`)])));
  }
  asked.destroy();
  return samples;
}

function figureOf(work: string, samples: number[]): Figure {
  const slowest = samples.toSorted((a, b) => a - b)[Math.floor(samples.length * 0.99)] ?? Number.NaN;
  return { work, unit: 'ms', medians: { naru: slowest }, samples: { naru: samples }, budget: '<= 20 ms' };
}

/** Until it is disposed. */
async function keepBusy(engine: Engine): Promise<AsyncDisposable> {
  const registry = await SlowRegistry.start({ images: 10, size: 24 << 20, bytesPerSecond: 4 << 20 });
  const stubborn = await create(engine, { Cmd: ['sh', '-c', 'trap "" TERM; while :; do sleep 1; done'] });
  await call(engine, 'POST', `/containers/${stubborn}/start`);
  const posts = [
    ...Array.from({ length: 10 }, (_, number) => `/images/create?fromImage=${registry.address}/slow-${number}&tag=1`),
    `/containers/${stubborn}/stop?t=60`,
  ].map((path) => request({ socketPath: engine.socket, method: 'POST', path, agent: false }).on('error', () => undefined).on('response', (answer) => answer.resume()).end());
  const context = await mkdtemp(join(tmpdir(), 'naru-bench-'));
  await writeFile(join(context, 'Dockerfile'), `FROM busybox\n${'RUN sleep 1 && dd if=/dev/zero of=/noise bs=1M count=20\n'.repeat(8)}`);
  const build = engine.docker('build', '-q', '--no-cache', context).catch(() => undefined);
  return {
    async [Symbol.asyncDispose]() {
      for (const post of posts) post.destroy();
      await call(engine, 'POST', `/containers/${stubborn}/kill`);
      await build;
      await rm(context, { recursive: true });
      await registry[Symbol.asyncDispose]();
    },
  };
}
