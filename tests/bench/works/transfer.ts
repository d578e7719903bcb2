/** One 167 MB layer that gzip brings to about 61 MB, by a registry on the loopback of each engine's own network. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ok } from '../../support/command.ts';
import { Registry } from '../../support/registry.ts';
import { each } from '../api.ts';
import { measure, timed, type Figure } from '../measure.ts';
import type { Engine } from '../peers.ts';

export async function* transferWorks(engines: readonly Engine[]): AsyncGenerator<Figure> {
  await using stack = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), 'naru-bench-'));
  stack.defer(() => rm(directory, { recursive: true, force: true }));
  await writeBigTar(directory);
  const names = new Map<Engine, string>();
  for (const engine of engines) {
    const registry = stack.use(await Registry.startIn(engine.pid));
    const name = `${registry.address}/bench/big:1`;
    await engine.docker('import', join(directory, 'big.tar'), name);
    names.set(engine, name);
  }
  const nameFor = (engine: Engine): string => names.get(engine) ?? '';
  yield measure('push one 167 MB layer', 'ms', '<= 1.2/8.7 of dockerd with ISA-L, 4/8.7 without', 0, each(engines, (engine) => timed(() => engine.docker('push', nameFor(engine)))));
  yield measure('pull it', 'ms', '<= 0.8/4.1 of dockerd with ISA-L, 1.3/4.1 without', 2, each(engines, async (engine) => {
    await engine.docker('rmi', nameFor(engine));
    return timed(() => engine.docker('pull', nameFor(engine)));
  }));
  for (const engine of engines) await engine.docker('rmi', nameFor(engine));
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
