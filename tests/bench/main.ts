/**
 * `npm run bench [-- name …]`: Naru beside its peers in one run, as medians and ratios; everything measured goes to
 * .cache/bench.json. It is no test: it fails nothing.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '../support/command.ts';
import { formatFigure, type Figure } from './measure.ts';
import { startEngines, type Engine } from './peers.ts';
import { imageWorks } from './works/images.ts';
import { memoryWorks } from './works/memory.ts';
import { manyWorks, runWorks } from './works/run.ts';
import { runtimeWorks } from './works/runtime.ts';

const works: Record<string, (engines: readonly Engine[]) => AsyncGenerator<Figure>> = {
  run: runWorks,
  many: manyWorks,
  memory: memoryWorks,
  images: imageWorks,
  runtime: runtimeWorks,
};

const chosen = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(works);
const engines = await startEngines();
const figures: Figure[] = [];
try {
  for (const name of chosen) {
    for await (const figure of works[name]?.(engines) ?? []) {
      figures.push(figure);
      console.log(formatFigure(figure));
    }
  }
} finally {
  for (const engine of engines) await engine[Symbol.asyncDispose]();
}
await mkdir(join(root, '.cache'), { recursive: true });
await writeFile(join(root, '.cache/bench.json'), `${JSON.stringify(figures, undefined, 2)}\n`);
