import { Conflict } from '#base';
import { type Container, isAlive, startContainer, statusOf } from '../../direct/container.ts';
import type { Readiness } from '../../direct/notify.ts';
import { removeContainer } from '../../direct/remove.ts';
import type { Command } from '../command.ts';

export const start: Command = {
  usage: 'start <container-id>',
  help: "execute the user's process in a created container",
  flags: [],
  takes: [1, 1],
  async run(invocation) {
    const container = invocation.container();
    const status = statusOf(container);
    if (status === 'running') throw new Conflict('cannot start an already running container');
    if (status === 'stopped') throw new Conflict('cannot start a container that has stopped');
    if (status !== 'created') throw new Conflict(`cannot start a container in the ${status} state`);
    using readiness = await readinessOf(container);
    try {
      await startAndTell(container);
    } catch (error) {
      await removeContainer(container, (message) => invocation.log.write('warning', message));
      throw error;
    }
    await readiness?.passOn(container.record.pid, () => !isAlive(container.record));
    return 0;
  },
};

/** What hears that the program is ready, for a manager that waits for it (sd_notify(3)); to be had before the start. */
export async function readinessOf({ directory }: Container): Promise<Readiness | undefined> {
  const manager = process.env['NOTIFY_SOCKET'];
  return manager ? (await import('../../direct/notify.ts')).openReadiness(directory, manager) : undefined;
}

/** Starts it, then runs the poststart hooks. Throws when one fails: the container is to go then (OCI runtime-spec runtime.md "Lifecycle", since 1.2.1). */
export async function startAndTell(container: Container): Promise<void> {
  startContainer(container);
  const { poststart, ociVersion, id, pid, bundle, annotations } = container.record;
  if (poststart.length === 0) return;
  const { runHooks } = await import('../../host-hooks.ts');
  await runHooks('poststart', poststart, { ociVersion, id, status: 'running', pid, bundle, annotations });
}
