import { InvalidArgument, isKind } from '#base';
import { parseSignal } from '#spec';
import { forgetBundle } from '../bundle.ts';
import type { Command } from '../command.ts';

export const start: Command = {
  usage: 'start <container-id>',
  help: "execute the user's process in a created container",
  flags: [],
  async run(invocation) {
    await (await invocation.task()).start();
    return 0;
  },
};

export const kill: Command = {
  usage: 'kill [--all] <container-id> [signal]',
  help: "send a signal to the container's first process (default SIGTERM)",
  flags: [{ name: 'all', short: 'a' }],
  async run(invocation) {
    const task = await invocation.task();
    const signal = parseSignal(invocation.rest[1] ?? 'SIGTERM');
    if (task.status === 'stopped') throw new InvalidArgument('container not running');
    await (invocation.isSet('all') ? task.killAll(signal) : task.kill(signal));
    return 0;
  },
};

export const remove: Command = {
  usage: 'delete [--force] <container-id>',
  help: 'delete whatever a container holds',
  flags: [{ name: 'force', short: 'f' }],
  async run(invocation) {
    const force = invocation.isSet('force');
    try {
      await (await invocation.task()).delete(force);
    } catch (error) {
      if (!(force && isKind(error, 'NotFound'))) throw error;
    }
    forgetBundle(invocation.root, invocation.id());
    return 0;
  },
};

export const pause: Command = {
  usage: 'pause <container-id>',
  help: 'suspend all processes of a container',
  flags: [],
  async run(invocation) {
    await (await invocation.task()).pause();
    return 0;
  },
};

export const resume: Command = {
  usage: 'resume <container-id>',
  help: 'let a paused container go on',
  flags: [],
  async run(invocation) {
    await (await invocation.task()).resume();
    return 0;
  },
};
