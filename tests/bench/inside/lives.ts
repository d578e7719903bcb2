/**
 * A process that runs containers as a daemon does, with neither HTTP nor a command line before it. Each message names what is to
 * run one; the answer is the milliseconds that it took, in all and until its program ran.
 */
import { exampleSpec } from '../../../packages/supervisor/fakes.ts';
import { collectSeldom } from '#base';
import { BuildWorld, cgroupParent } from '../../support/build-world.ts';
import { RuntimeWorld } from '../../support/bundle.ts';

export type Inside = 'supervisor' | 'runtime';
export interface Times {
  readonly whole: number;
  readonly started: number;
}

collectSeldom();
const spares = 2;
const world = await BuildWorld.open({ spares });
const chainId = await world.images.unpack(world.images.find('busybox'));
const tasks = new RuntimeWorld();
const runtime = tasks.anotherRuntime({ spares });
let count = 0;

const lives: Record<Inside, (started: () => void) => Promise<void>> = {
  /** All that stands between a request and its answer: layers, rows, files in /etc, the task, the record of its end. */
  async supervisor(started) {
    const { supervisor } = world;
    const id = (++count).toString(16).padStart(64, '0');
    await supervisor.create(exampleSpec({ id, chainId, cgroupParent }));
    await supervisor.start(id);
    started();
    await supervisor.wait(id, 'not-running');
    await supervisor.remove(id, { force: false });
  },
  /** The task alone, with Docker's capabilities, filter and masked paths. */
  async runtime(started) {
    const task = await runtime.create(tasks.options(['true']));
    await task.start();
    started();
    await task.wait();
    await task.delete();
  },
};

process.on('message', (what: Inside) => void live(what).then((times) => process.send?.(times)));
process.once('disconnect', () => void end());
process.send?.('ready');

async function live(what: Inside): Promise<Times> {
  const began = performance.now();
  let started = Number.NaN;
  await lives[what](() => (started = performance.now() - began));
  return { whole: performance.now() - began, started };
}

async function end(): Promise<void> {
  await runtime[Symbol.asyncDispose]();
  await tasks[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
}
