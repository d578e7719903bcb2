/** An engine works on after its answer. Who is measured next must not pay for that. */
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { exactCpu, family } from './memory.ts';
import type { Engine } from './peers.ts';

/** Milliseconds between two looks. */
const step = 10;
/** Looks in a row that must find nothing. */
const enough = 3;
/** Of one processor: more than an idle engine takes, less than any work. */
const idle = 0.03;
/** Milliseconds after which an engine that never rests is measured as it is. */
const patience = 1000;

/** Resolves when none of the engines has used the processor for a while, their shims included. */
export async function atRest(engines: readonly Engine[]): Promise<void> {
  const end = performance.now() + patience;
  const families = engines.map(({ pid, socket }) => family(pid, dirname(socket)));
  let before = look(families);
  for (let quiet = 0; quiet < enough && performance.now() < end; ) {
    await sleep(step);
    const now = look(families);
    const most = idle * (now.at - before.at) * 1e6;
    quiet = now.used.every((used, i) => Math.abs(used - (before.used[i] ?? 0)) <= most) ? quiet + 1 : 0;
    before = now;
  }
}

function look(families: readonly number[][]): { at: number; used: number[] } {
  return { used: families.map(exactCpu), at: performance.now() };
}
