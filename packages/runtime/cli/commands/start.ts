import { Conflict, messageOf } from '#base';
import { type Container, startContainer, statusOf } from '../../direct/container.ts';
import type { Command, Invocation } from '../command.ts';

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
    await startAndTell(invocation, container);
    return 0;
  },
};

/** Starts it, then runs the poststart hooks, whose failing is told and changes nothing (OCI runtime-spec runtime.md "Lifecycle"). */
export async function startAndTell({ log }: Invocation, container: Container): Promise<void> {
  startContainer(container);
  const { poststart, ociVersion, id, pid, bundle, annotations } = container.record;
  if (poststart.length === 0) return;
  const { runHooks } = await import('../../host-hooks.ts');
  await runHooks('poststart', poststart, { ociVersion, id, status: 'running', pid, bundle, annotations }).catch((error: unknown) => log.write('warning', messageOf(error)));
}
