import { Conflict, isKind } from '#base';
import { type Container, statusOf } from '../../direct/container.ts';
import { directoryOf, removeDirectory } from '../../direct/layout.ts';
import { removeContainer } from '../../direct/remove.ts';
import type { Command, Invocation } from '../command.ts';

/** `delete`: of a container that has stopped, or was never started; of any with `--force`. */
export const remove: Command = {
  usage: 'delete [--force] <container-id>',
  help: 'delete whatever a container holds',
  flags: [{ name: 'force', short: 'f' }],
  takes: [1, 1],
  async run(invocation) {
    const container = find(invocation);
    if (!container) return 0;
    const status = statusOf(container);
    if (!invocation.isSet('force') && status !== 'stopped' && status !== 'created') {
      throw new Conflict(`cannot delete container ${container.record.id} that is not stopped: ${status}`);
    }
    await removeContainer(container, (message) => invocation.log.write('warning', message));
    return 0;
  },
};

/** With `--force` it is no mistake that there is none; what is left of one that was cut off at its beginning goes. */
function find(invocation: Invocation): Container | undefined {
  try {
    return invocation.container();
  } catch (error) {
    if (!(invocation.isSet('force') && isKind(error, 'NotFound'))) throw error;
    removeDirectory(directoryOf(invocation.root, invocation.id()));
    return undefined;
  }
}
