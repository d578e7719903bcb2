/** Containers in crowds. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { each, inLanes, life } from '../api.ts';
import { measure, timed, type Figure } from '../measure.ts';
import type { Engine } from '../peers.ts';

/** Milliseconds in which an engine does what a crowd left to do: the other's processors are not to pay for it. */
const rest = 3000;

/** A daemon gets quicker over its first some hundred containers: neither the first crowd of a young one nor the last of an old one is to be all that is measured. */
const crowds = 7;

/** Seconds: an engine that takes ten for a crowd, and forty to clear it away, is to leave the others their rounds. */
const patience = 150;

export async function* manyWorks(engines: readonly Engine[]): AsyncGenerator<Figure> {
  const fifty = (engine: Engine) => timed(() => inLanes(50, 8, () => life(engine, { HostConfig: { NetworkMode: 'none' } })));
  yield measure('50 containers, 8 at a time, no network', '/s', '>= 80 a second where dockerd makes 8.5', 3, each(engines, async (engine) => 50_000 / (await fifty(engine))));
  const crowd = (engine: Engine) => sixtyFour(engine).finally(() => engine.clear().then(() => sleep(rest)));
  yield measure('64 containers with a port each, all at once', 'ms', '<= 1/9 of dockerd', crowds, each(engines, crowd), patience);
}

/**
 * Milliseconds. Started by a shell: 64 children of this process would take a tenth of the time for themselves, on the processors that are
 * measured. It is up before the time begins, forks once for each, and asks for their ends when all have begun.
 */
async function sixtyFour(engine: Engine): Promise<number> {
  const begin = 'docker run -d --name bench-$i -p $((21000 + i)):80 busybox sleep 10000 >/dev/null & all="$all bench-$i:$!"';
  const judge = 'wait ${one#*:} || echo "${one%:*} failed"';
  const script = `echo; read go; all=; i=0; while [ $i -lt 64 ]; do ${begin}; i=$((i + 1)); done; for one in $all; do ${judge}; done`;
  const shell = spawn('sh', ['-c', script], { env: { ...process.env, ...engine.env } });
  await once(shell.stdout, 'readable');
  const output = Promise.all([text(shell.stdout), text(shell.stderr), once(shell, 'close')]);
  const took = await timed(async () => {
    shell.stdin.end('go\n');
    await output;
  });
  const [failed, told] = await output;
  if (failed.trim() || shell.exitCode !== 0) throw new Error(`exit ${shell.exitCode}: ${failed.trim()}${told}`);
  return took;
}
