import { messageOf } from '#base';
import { isAlive } from '../../direct/container.ts';
import type { Created } from '../../direct/create.ts';
import { removeContainer } from '../../direct/remove.ts';
import type { Command, Invocation } from '../command.ts';
import { followToEnd } from '../follow.ts';
import { createFlags, makeContainer } from './create.ts';
import { readinessOf, startAndTell } from './start.ts';

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
      return detached ? await letGo(invocation, created) : await follow(invocation, created);
    } catch (error) {
      await removeContainer(created.container, (message) => invocation.log.write('warning', message));
      throw error;
    }
  },
};

async function letGo(invocation: Invocation, { container, launch }: Created): Promise<number> {
  using readiness = await readinessOf(container);
  await startAndTell(container);
  await readiness?.passOn(container.record.pid, () => !isAlive(container.record)).catch((error: unknown) => tell(invocation, error));
  await launch.release();
  return 0;
}

/** The process for a manager to watch is this one, which goes with the container's. */
async function follow(invocation: Invocation, { container, launch, terminal }: Created): Promise<number> {
  using readiness = await readinessOf(container);
  let ended = false;
  const told = readiness?.passOn(process.pid, () => ended).catch((error: unknown) => tell(invocation, error));
  const code = await followToEnd(launch, terminal, () => startAndTell(container)).finally(() => {
    ended = true;
    return told; // by what `readiness` holds
  });
  if (!invocation.isSet('keep')) await removeContainer(container, (message) => invocation.log.write('warning', message));
  return code;
}

const tell = ({ log }: Invocation, error: unknown): void => log.write('warning', `the service manager cannot be told that the container is ready: ${messageOf(error)}`);
