import { writeFileSync } from 'node:fs';
import { NotImplemented } from '#base';
import type { Task } from '../../port.ts';
import { readBundle, rememberBundle } from '../bundle.ts';
import type { Command, Invocation } from '../command.ts';
import { stdioOf } from '../stdio.ts';

/** Flags that `create` and `run` share. */
export const createFlags = [
  { name: 'bundle', short: 'b', value: true },
  { name: 'console-socket', value: true },
  { name: 'pid-file', value: true },
  { name: 'no-pivot' },
  { name: 'no-new-keyring' },
  { name: 'preserve-fds', value: true },
] as const;

/** The points whose hooks run on the host, and so are this command's to run. */
const hostHooks = ['prestart', 'createRuntime', 'poststart', 'poststop'] as const;

/** `create`: every namespace exists and the first process waits. Its output is thrown away until somebody is attached. */
export const create: Command = {
  usage: 'create [--bundle DIR] [--pid-file FILE] <container-id>',
  help: 'create a container',
  flags: createFlags,
  async run(invocation) {
    await createTask(invocation, true);
    return 0;
  },
};

/** Makes the container of the invocation's bundle. Throws NotImplemented by name for what is not there yet. */
export async function createTask(invocation: Invocation, detached: boolean): Promise<Task> {
  for (const flag of ['console-socket', 'no-pivot', 'preserve-fds']) {
    if (invocation.isSet(flag) && invocation.text(flag) !== '0') throw new NotImplemented(`not implemented: --${flag}`);
  }
  const id = invocation.id();
  const { bundle, spec } = readBundle(invocation.text('bundle') ?? '.');
  for (const point of hostHooks) {
    if (spec.hooks?.[point]?.length) throw new NotImplemented(`not implemented: hooks.${point}`);
  }
  const task = await invocation.runtime.create({ id, spec, bundle, rootfs: [], stdio: stdioOf(spec.process, detached), init: false });
  rememberBundle(invocation.root, id, { bundle, created: new Date().toISOString(), annotations: spec.annotations ?? {} });
  const pidFile = invocation.text('pid-file');
  if (pidFile) writeFileSync(pidFile, String(task.pid));
  return task;
}
