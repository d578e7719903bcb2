import { forgetBundle, readBundle } from '../bundle.ts';
import type { Command, Invocation } from '../command.ts';
import { runAttached } from '../stdio.ts';
import { createFlags, createTask } from './create.ts';

/** `run`: create, start, and unless it is detached wait for the end and delete. */
export const run: Command = {
  usage: 'run [--bundle DIR] [--detach] [--keep] [--pid-file FILE] <container-id>',
  help: 'create and run a container',
  flags: [...createFlags, { name: 'detach', short: 'd' }, { name: 'keep' }, { name: 'no-subreaper' }],
  async run(invocation) {
    const detached = invocation.isSet('detach');
    const task = await createTask(invocation, detached);
    if (detached) {
      await task.start();
      return 0;
    }
    try {
      return await runAttached(task, isTerminal(invocation), () => task.start());
    } finally {
      if (!invocation.isSet('keep')) {
        await task.delete(true);
        forgetBundle(invocation.root, task.id);
      }
    }
  },
};

function isTerminal(invocation: Invocation): boolean {
  return readBundle(invocation.text('bundle') ?? '.').spec.process?.terminal === true;
}
