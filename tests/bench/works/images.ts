/** Build, push and pull. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ok } from '../../support/command.ts';
import { Registry } from '../../support/registry.ts';
import { measure, timed, type Contenders, type Figure } from '../measure.ts';
import type { Engine } from '../peers.ts';

const steps = Array.from({ length: 10 }, (_, i) => `RUN echo ${i} > /step-${i}`).join('\n');

export async function* imageWorks(engines: readonly Engine[]): AsyncGenerator<Figure> {
  const directory = await mkdtemp(join(tmpdir(), 'naru-bench-'));
  const each = (work: (engine: Engine) => Promise<number>): Contenders => Object.fromEntries(engines.map((engine) => [engine.name, () => work(engine)]));
  try {
    await writeFile(join(directory, 'Dockerfile'), `FROM busybox\nCOPY Dockerfile /\n${steps}\n`);
    const build = (...flags: string[]) => (engine: Engine) => timed(() => engine.docker('build', '-q', ...flags, '-t', 'bench', directory));
    yield measure('build: 10 x RUN, 1 x COPY, no cache', 'ms', '<= 350 ms', 3, each(build('--no-cache')));
    yield measure('build: the same, cached', 'ms', '<= 80 ms', 5, each(build()));
    yield* transferWorks(engines, directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** One 167 MB layer that gzip brings to about 61 MB, by a registry on loopback. dockerd sits in a network namespace of its own, so it is left out. */
async function* transferWorks(engines: readonly Engine[], directory: string): AsyncGenerator<Figure> {
  await using registry = await Registry.start();
  const naru = engines.filter((engine) => engine.name === 'naru');
  const name = `${registry.address}/bench/big:1`;
  await writeBigTar(directory);
  for (const engine of naru) await engine.docker('import', join(directory, 'big.tar'), name);
  const each = (work: (engine: Engine) => Promise<number>): Contenders => Object.fromEntries(naru.map((engine) => [engine.name, () => work(engine)]));
  yield measure('push one 167 MB layer', 'ms', '<= 1200 ms with ISA-L, 4000 without', 0, each((engine) => timed(() => engine.docker('push', name))));
  yield measure('pull it', 'ms', '<= 800 ms with ISA-L, 1300 without', 3, each(async (engine) => {
    await engine.docker('rmi', name);
    return timed(() => engine.docker('pull', name));
  }));
}

async function writeBigTar(directory: string): Promise<void> {
  const tree = join(directory, 'tree');
  await ok('mkdir', [tree]);
  for (let file = 0; file < 160; file += 1) {
    const noise = randomBytes(380_000);
    const text = Buffer.from(`line ${file} of a file that compresses as text does\n`.repeat(13_000)).subarray(0, 663_000);
    await writeFile(join(tree, `file-${file}`), Buffer.concat([noise, text]));
  }
  await ok('tar', ['-C', tree, '-cf', join(directory, 'big.tar'), '.']);
}
