/** What a container costs inside the daemon, beside the least that the kernel takes for one. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ok, root } from '../../support/command.ts';
import { busyboxTar } from '../../support/images.ts';
import type { Inside, Times } from '../inside/lives.ts';
import { measure, type Contenders, type Figure } from '../measure.ts';

const here = join(root, 'tests/bench/inside');

export async function* insideWorks(): AsyncGenerator<Figure> {
  const directory = await mkdtemp(join(tmpdir(), 'naru-bench-inside-'));
  const lives = fork(join(here, 'lives.ts'));
  const ended = once(lives, 'exit');
  const answer = async (): Promise<unknown> => {
    const [said] = (await Promise.race([once(lives, 'message'), ended.then(() => Promise.reject(new Error('what runs the containers has ended')))])) as unknown[];
    return said;
  };
  const live = (what: Inside): Promise<Times> => {
    lives.send(what);
    return answer() as Promise<Times>;
  };
  try {
    await answer();
    const raw = await rawLife(directory);
    const naru = async (what: Inside, of: keyof Times = 'whole') => (await live(what))[of];
    const above = (what: Inside): Contenders => ({ naru: () => naru(what), raw });
    yield measure('a container without a network, inside the daemon: made, started, awaited, removed', 'ms', '<= 5 ms above a raw clone, overlay, pivot and exec', 41, above('supervisor'));
    yield measure('of that: until its program runs', 'ms', '', 41, { naru: () => naru('supervisor', 'started') });
    yield measure('its task alone', 'ms', '', 41, above('runtime'));
  } finally {
    if (lives.connected) lives.disconnect();
    await ended;
    await rm(directory, { recursive: true, force: true });
  }
}

/** A program in C, which measures itself. */
async function rawLife(directory: string): Promise<() => Promise<number>> {
  const lower = join(directory, 'lower');
  await mkdir(lower);
  await ok('tar', ['-C', lower, '-xf', await busyboxTar()]);
  const program = join(directory, 'raw');
  await ok('gcc', ['-std=gnu11', '-D_GNU_SOURCE', '-O2', '-o', program, join(here, 'raw.c')]);
  let count = 0;
  return async () => Number(await ok(program, [directory, String((count += 1))]));
}
