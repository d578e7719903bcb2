import type { Created } from '../../direct/create.ts';
import { removeContainer } from '../../direct/remove.ts';
import type { Command, Invocation } from '../command.ts';
import { followToEnd } from '../follow.ts';
import { createFlags, makeContainer } from './create.ts';
import { startAndTell } from './start.ts';

/** `run`: create, start, and unless it is detached wait for the end and delete. */
export const run: Command = {
  usage: 'run [options] <container-id>',
  help: 'create and run a container',
  flags: [...createFlags, { name: 'detach', short: 'd' }, { name: 'keep' }, { name: 'no-subreaper' }],
  takes: [1, 1],
  failure: 'runc run failed',
  async run(invocation) {
    const detached = invocation.isSet('detach');
    const created = await makeContainer(invocation, { detached, reaper: !detached && !invocation.isSet('no-subreaper') });
    try {
      return detached ? await letGo(created) : await follow(invocation, created);
    } catch (error) {
      await removeContainer(created.container, (message) => invocation.log.write('warning', message));
      throw error;
    }
  },
};

async function letGo({ container, launch }: Created): Promise<number> {
  await startAndTell(container);
  await launch.release();
  return 0;
}

async function follow(invocation: Invocation, { container, launch, terminal }: Created): Promise<number> {
  const code = await followToEnd(launch, terminal, () => startAndTell(container));
  if (!invocation.isSet('keep')) await removeContainer(container, (message) => invocation.log.write('warning', message));
  return code;
}
