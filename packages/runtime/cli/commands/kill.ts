import { Conflict } from '#base';
import { parseSignal } from '#spec';
import { signalContainer, statusOf } from '../../direct/container.ts';
import type { Command } from '../command.ts';

const SIGKILL = 9;

export const kill: Command = {
  usage: 'kill [--all] <container-id> [signal]',
  help: "send a signal to the container's first process (default SIGTERM)",
  flags: [{ name: 'all', short: 'a' }],
  takes: [1, 2],
  async run(invocation) {
    const container = invocation.container();
    const signal = parseSignal(invocation.rest[1] ?? 'SIGTERM');
    const status = statusOf(container);
    if (invocation.isSet('all')) {
      if (status === 'stopped' && container.cgroup.pids().length === 0) throw new Conflict('container not running');
      container.cgroup.kill(signal);
    } else signalContainer(container, signal);
    if (signal === SIGKILL && status === 'paused') await container.cgroup.thaw(); // the frozen die when they go on
    return 0;
  },
};
