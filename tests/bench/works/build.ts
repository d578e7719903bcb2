/** A small Dockerfile. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { each } from '../api.ts';
import { measure, timed, type Figure } from '../measure.ts';
import type { Engine } from '../peers.ts';

const steps = Array.from({ length: 10 }, (_, i) => `RUN echo ${i} > /step-${i}`).join('\n');

export async function* buildWorks(engines: readonly Engine[]): AsyncGenerator<Figure> {
  const directory = await mkdtemp(join(tmpdir(), 'naru-bench-'));
  try {
    await writeFile(join(directory, 'Dockerfile'), `FROM busybox\nCOPY Dockerfile /\n${steps}\n`);
    const build = (...flags: string[]) => each(engines, (engine) => timed(() => engine.docker('build', '-q', ...flags, '-t', 'bench', directory)));
    yield measure('build: 10 x RUN, 1 x COPY, no cache', 'ms', '<= 0.35/1.8 of BuildKit', 3, build('--no-cache'));
    yield measure('build: the same, cached', 'ms', '<= 0.08/0.16 of BuildKit', 5, build());
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
