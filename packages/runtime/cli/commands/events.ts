import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Conflict, InvalidArgument, parseDuration, tolerating } from '#base';
import type { Cgroup } from '#kernel';
import { type Container, isAlive, statusOf } from '../../direct/container.ts';
import { printStats, statsOf } from '../../direct/stats.ts';
import type { Command } from '../command.ts';
import { print } from '../output.ts';

/** Milliseconds between looks at what has no event of its own. */
const BEAT = 200;

/** `events`: a line of JSON for each turn of the interval and for each time that memory ran out, until the container ends. */
export const events: Command = {
  usage: 'events [--interval DURATION] [--stats] <container-id>',
  help: 'display container events such as OOM notifications, cpu, memory, and IO usage statistics',
  flags: [{ name: 'interval', value: true }, { name: 'stats' }],
  takes: [1, 1],
  async run(invocation) {
    const container = invocation.container();
    const interval = parseDuration(invocation.text('interval') ?? '5s') / 1e6;
    if (!(interval > 0)) throw new InvalidArgument('duration interval must be greater than 0');
    if (statusOf(container) === 'stopped') throw new Conflict(`container with id ${invocation.id()} is not running`);
    if (invocation.isSet('stats')) tell(container, 'stats');
    else await follow(container, interval);
    return 0;
  },
};

async function follow(container: Container, interval: number): Promise<void> {
  let due = performance.now() + interval;
  for (let kills = oomKills(container.cgroup); isAlive(container.record); ) {
    await sleep(Math.max(1, Math.min(BEAT, due - performance.now())));
    const now = oomKills(container.cgroup);
    if (now > kills) tell(container, 'oom');
    kills = now;
    if (performance.now() < due || !isAlive(container.record)) continue;
    tell(container, 'stats');
    due += interval;
  }
}

function tell({ cgroup, record: { id } }: Container, type: 'stats' | 'oom'): void {
  print(`${printStats(type === 'oom' ? { type, id } : { type, id, data: statsOf(cgroup) })}\n`);
}

/** The kernel's count: v1's memory.oom_control, v2's memory.events. */
function oomKills(cgroup: Cgroup): number {
  const v1 = cgroup.directoryOf('memory');
  const file = v1 ? join(v1, 'memory.oom_control') : join(cgroup.unified ?? '', 'memory.events');
  const text = tolerating(['ENOENT', 'ENODEV'], '', () => readFileSync(file, 'utf8'));
  return Number(/^oom_kill (\d+)$/m.exec(text)?.[1] ?? 0);
}
