import { findCriu } from '../../criu/dump.ts';
import { removeContainer } from '../../direct/remove.ts';
import { restoreContainer } from '../../direct/restore.ts';
import { readBundle, writePidFile } from '../bundle.ts';
import type { Command } from '../command.ts';
import { followToEnd } from '../follow.ts';
import { criuFlags, criuOptionsOf } from './checkpoint.ts';
import { consoleSocketOf } from './create.ts';


/** `restore`: a container out of a checkpoint; unless detached, waits for its end and deletes it. */
export const restore: Command = {
  usage: 'restore [options] <container-id>',
  help: 'restore a container from a previous checkpoint (by CRIU)',
  flags: [
    ...criuFlags,
    { name: 'lsm-profile', value: true },
    { name: 'lsm-mount-context', value: true },
    { name: 'console-socket', value: true },
    { name: 'no-pivot' },
    { name: 'bundle', short: 'b', value: true },
    { name: 'pid-file', value: true },
    { name: 'detach', short: 'd' },
    { name: 'no-subreaper' },
  ],
  takes: [1, 1],
  async run(invocation) {
    const criu = findCriu(invocation.criu);
    const { bundle, spec } = readBundle(invocation.text('bundle') ?? '.');
    const detached = invocation.isSet('detach');
    const warn = (message: string): void => invocation.log.write('warning', message);
    const terminal = spec.process?.terminal ?? false;
    const consoleSocket = consoleSocketOf(invocation, terminal, detached);
    if (invocation.isSet('no-pivot')) warn('restore --no-pivot changes nothing: CRIU changes the root, always by pivot_root'); // runC ignores it in silence
    const { root, shimPath } = invocation;
    const reaper = !detached && !invocation.isSet('no-subreaper');
    const { container, launch } = await restoreContainer(criu, { root, shimPath, id: invocation.id(), bundle, spec, consoleSocket, keepKeyring: false, systemd: invocation.systemd, notify: Boolean(process.env['NOTIFY_SOCKET']), reaper, warn }, { ...criuOptionsOf(invocation, []), lsmProfile: invocation.text('lsm-profile'), lsmMountContext: invocation.text('lsm-mount-context') });
    writePidFile(invocation.text('pid-file'), launch.pid);
    if (detached) {
      await launch.release();
      return 0;
    }
    const code = await followToEnd(launch, terminal, async () => undefined);
    await removeContainer(container, warn);
    return code;
  },
};
