import { NotImplemented } from '#base';
import { findCriu } from '../../direct/checkpoint.ts';
import { removeContainer } from '../../direct/remove.ts';
import { restoreContainer } from '../../direct/restore.ts';
import { hasHostHooks } from '../../compile/hooks.ts';
import { readBundle, writePidFile } from '../bundle.ts';
import type { Command, Invocation } from '../command.ts';
import { followToEnd } from '../follow.ts';
import { criuFlags, criuOptionsOf } from './checkpoint.ts';

/** Flags that runC has and that CRIU as a command cannot do. */
const refused = ['console-socket', 'no-pivot'] as const;
const labels = ['lsm-profile', 'lsm-mount-context'] as const;

/** `restore`: a container out of a checkpoint; unless detached, waits for its end and deletes it. */
export const restore: Command = {
  usage: 'restore [options] <container-id>',
  help: 'restore a container from a previous checkpoint (by CRIU)',
  flags: [
    ...criuFlags,
    ...labels.map((name) => ({ name, value: true })),
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
    if (hasHostHooks(spec)) throw new NotImplemented('not implemented: restore of a container with prestart or createRuntime hooks');
    const detached = invocation.isSet('detach');
    const warn = (message: string): void => invocation.log.write('warning', message);
    const { root, shimPath } = invocation;
    const reaper = !detached && !invocation.isSet('no-subreaper');
    const { container, launch } = await restoreContainer(criu, { root, shimPath, id: invocation.id(), bundle, spec, keepKeyring: false, systemd: invocation.systemd, reaper, warn }, criuOptionsOf(invocation, labelsOf(invocation)));
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

function labelsOf(invocation: Invocation): string[] {
  return labels.flatMap((name) => (invocation.text(name) ? [`--${name}`, invocation.text(name) ?? ''] : []));
}
