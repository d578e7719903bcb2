import { NotImplemented } from '#base';
import { findCriu, restoreContainer } from '../../direct/checkpoint.ts';
import { removeContainer } from '../../direct/remove.ts';
import { readBundle, writePidFile } from '../bundle.ts';
import type { Command } from '../command.ts';
import { followToEnd } from '../follow.ts';
import { criuFlags, criuOptionsOf } from './checkpoint.ts';

/** Flags that runC has and that CRIU as a command cannot do. */
const refused = ['console-socket', 'no-pivot', 'lsm-profile', 'lsm-mount-context'] as const;

/** `restore`: a container out of a checkpoint; unless detached, waits for its end and deletes it. */
export const restore: Command = {
  usage: 'restore [options] <container-id>',
  help: 'restore a container from a previous checkpoint (by CRIU)',
  flags: [
    ...criuFlags,
    ...refused.map((name) => ({ name, value: name !== 'no-pivot' })),
    { name: 'bundle', short: 'b', value: true },
    { name: 'pid-file', value: true },
    { name: 'detach', short: 'd' },
    { name: 'no-subreaper' },
  ],
  takes: [1, 1],
  async run(invocation) {
    for (const name of refused) if (invocation.isSet(name)) throw new NotImplemented(`not implemented: --${name}`);
    const criu = findCriu(invocation.criu);
    const { bundle, spec } = readBundle(invocation.text('bundle') ?? '.');
    if (spec.process?.terminal) throw new NotImplemented('not implemented: restore of a container with a terminal');
    if (spec.linux?.namespaces?.some(({ type, path }) => type === 'network' && path)) throw new NotImplemented('not implemented: restore into a network namespace that exists');
    const detached = invocation.isSet('detach');
    const warn = (message: string): void => invocation.log.write('warning', message);
    const { root, shimPath } = invocation;
    const reaper = !detached && !invocation.isSet('no-subreaper');
    const { container, launch } = await restoreContainer(criu, { root, shimPath, id: invocation.id(), bundle, spec, keepKeyring: false, reaper, warn }, criuOptionsOf(invocation, []));
    writePidFile(invocation.text('pid-file'), launch.pid);
    if (detached) {
      await launch.release();
      return 0;
    }
    const code = await followToEnd(launch, false, async () => undefined);
    await removeContainer(container, warn);
    return code;
  },
};
