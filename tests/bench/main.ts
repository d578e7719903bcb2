/**
 * `npm run bench [-- name …]`: Naru beside its peers in one run, as medians and ratios, printed as they come; what was
 * measured goes to .cache/bench.json after each figure. It is no test: a work that fails is told and passed over.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { join } from 'node:path';
import { root } from '../support/command.ts';
import { formatFigure, ratios, type Figure } from './measure.ts';
import { startEngines, type Engine } from './peers.ts';
import { apiWorks } from './works/api.ts';
import { cliWorks } from './works/cli.ts';
import { dnsWorks } from './works/dns.ts';
import { execWorks } from './works/exec.ts';
import { fleetWorks } from './works/fleet.ts';
import { buildWorks } from './works/build.ts';
import { latencyWorks } from './works/latency.ts';
import { idleWorks } from './works/idle.ts';
import { insideWorks } from './works/inside.ts';
import { listWorks } from './works/list.ts';
import { manyWorks } from './works/many.ts';
import { portWorks } from './works/ports.ts';
import { runWorks } from './works/run.ts';
import { runtimeWorks } from './works/runtime.ts';
import { throughputWorks } from './works/throughput.ts';
import { transferWorks } from './works/transfer.ts';

/** In this order; the first find the daemons as they start. */
const works: Record<string, (engines: readonly Engine[]) => AsyncGenerator<Figure>> = {
  idle: idleWorks,
  run: runWorks,
  inside: insideWorks,
  api: apiWorks,
  exec: execWorks,
  cli: cliWorks,
  runtime: runtimeWorks,
  many: manyWorks,
  fleet: fleetWorks,
  build: buildWorks,
  transfer: transferWorks,
  latency: latencyWorks,
  dns: dnsWorks,
  throughput: throughputWorks,
  list: listWorks,
  ports: portWorks,
};

/** Minutes after which no further work begins. */
const limit = 8;
const began = performance.now();
const chosen = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(works);
const unknown = chosen.filter((name) => !works[name]);
if (unknown.length > 0) {
  console.error(`no such work: ${unknown.join(', ')}; there are ${Object.keys(works).join(', ')}`);
  process.exit(1);
}

const figures: Figure[] = [];
const failures: Record<string, string> = {};
await using stack = new AsyncDisposableStack();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => void stack.disposeAsync().finally(() => process.exit(130)));
const engines = await startEngines(stack);
for (const name of chosen) await run(name);
console.log(`\n${figures.length} figures in ${minutes().toFixed(1)} minutes`);

async function run(name: string): Promise<void> {
  if (minutes() > limit) return fail(name, `not begun: ${limit} minutes have passed`);
  try {
    for await (const figure of works[name]?.(engines) ?? []) {
      figures.push(figure);
      console.log(formatFigure(figure));
      write();
    }
  } catch (error) {
    fail(name, error instanceof Error ? error.message : String(error));
  }
  for (const engine of engines) await engine.clear();
}

function fail(name: string, reason: string): void {
  failures[name] = reason;
  console.log(`${name}: ${reason}`);
  write();
}

function write(): void {
  mkdirSync(join(root, '.cache'), { recursive: true });
  const machine = { kernel: release(), cpus: cpus().map(({ model }) => model) };
  const told = figures.map((figure) => ({ ...figure, ratios: ratios(figure) }));
  writeFileSync(join(root, '.cache/bench.json'), `${JSON.stringify({ at: new Date().toISOString(), machine, figures: told, failures }, undefined, 2)}\n`);
}

function minutes(): number {
  return (performance.now() - began) / 60_000;
}
