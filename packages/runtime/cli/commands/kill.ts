import { InvalidArgument } from '#base';
import { isSignal, parseSignal } from '#spec';
import { endsWithFirst, signalContainer, statusOf } from '../../direct/container.ts';
import type { Command } from '../command.ts';

const SIGKILL = 9;

/** `kill`: where no pid namespace ends with the first process, SIGKILL is for them all, also once the first has gone. */
export const kill: Command = {
  usage: 'kill [--all] <container-id> [signal]',
  help: "send a signal to the container's first process (default SIGTERM)",
  flags: [{ name: 'all', short: 'a' }],
  takes: [1, 2],
  async run(invocation) {
    const container = invocation.container();
    const signal = signalOf(invocation.rest[1] ?? 'SIGTERM');
    const status = statusOf(container);
    if (invocation.isSet('all')) container.cgroup.kill(signal); // nothing left in it is no mistake
    else if (signal === SIGKILL && !endsWithFirst(container.record) && container.cgroup.pids().length > 0) container.cgroup.kill(signal);
    else signalContainer(container, signal);
    if (signal === SIGKILL && status === 'paused') await container.cgroup.thaw(); // the frozen die when they go on
    return 0;
  },
};

/** Throws InvalidArgument in runC's words. 0 asks whether there is somebody to signal. */
function signalOf(text: string): number {
  if (text === '0') return 0;
  const signal = parsed(text);
  if (!isSignal(signal)) throw new InvalidArgument('unable to signal init: invalid argument');
  return signal;
}

function parsed(text: string): number {
  try {
    return parseSignal(text);
  } catch (error) {
    throw new InvalidArgument(`unknown signal "${text}"`, { cause: error });
  }
}
