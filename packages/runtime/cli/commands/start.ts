import { Conflict } from '#base';
import { type Container, startContainer, statusOf } from '../../direct/container.ts';
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
    try {
      await startAndTell(container);
    } catch (error) {
      await removeContainer(container, (message) => invocation.log.write('warning', message));
      throw error;
    }
    return 0;
  },
};

/** Starts it, then runs the poststart hooks. Throws when one fails: the container is to go then (OCI runtime-spec runtime.md "Lifecycle", since 1.2.1). */
export async function startAndTell(container: Container): Promise<void> {
  startContainer(container);
  const { poststart, ociVersion, id, pid, bundle, annotations } = container.record;
  if (poststart.length === 0) return;
  const { runHooks } = await import('../../host-hooks.ts');
  await runHooks('poststart', poststart, { ociVersion, id, status: 'running', pid, bundle, annotations });
}
