import { Conflict } from '#base';
import { statusOf } from '../../direct/container.ts';
import type { Command } from '../command.ts';

export const pause: Command = {
  usage: 'pause <container-id>',
  help: 'suspend all processes of a container',
  flags: [],
  takes: [1, 1],
  async run(invocation) {
    const container = invocation.container();
    const status = statusOf(container);
    if (status !== 'running' && status !== 'created') throw new Conflict('container not running');
    await container.cgroup.freeze();
    return 0;
  },
};

export const resume: Command = {
  usage: 'resume <container-id>',
  help: 'let a paused container go on',
  flags: [],
  takes: [1, 1],
  async run(invocation) {
    const container = invocation.container();
    if (statusOf(container) !== 'paused') throw new Conflict('container not paused');
    await container.cgroup.thaw();
    return 0;
  },
};
