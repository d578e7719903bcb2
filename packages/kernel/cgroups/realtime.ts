/** Real-time scheduling of v1 cgroups (sched-rt-group.rst): none has more of it than its parents, and a new one has none. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Internal } from '#base';
import { reasonOf } from '../libc.ts';
import { cgroupLayout } from './layout.ts';
import { writeCgroupFile } from './write-file.ts';

/** Microseconds of each period; 0 leaves a figure as it is. */
export interface RealtimeShare {
  readonly period: number;
  readonly runtime: number;
}

/** Gives `path` and every cgroup above it the share, from the top; the root keeps its own. Throws Internal in dockerd's words. */
export function allowRealtime(path: string, { period, runtime }: RealtimeShare): void {
  const cpu = cgroupLayout().v1.find(({ controllers }) => controllers.includes('cpu'));
  if (!cpu || (period === 0 && runtime === 0)) return;
  let directory = cpu.mountPoint;
  for (const name of path.split('/').filter(Boolean)) {
    directory = join(directory, name);
    mkdirSync(directory, { recursive: true });
    if (period !== 0) write(join(directory, 'cpu.rt_period_us'), period);
    if (runtime !== 0) write(join(directory, 'cpu.rt_runtime_us'), runtime);
  }
}

function write(file: string, value: number): void {
  try {
    writeCgroupFile(file, String(value));
  } catch (error) {
    throw new Internal(`unable to init CPU RT controller: write ${file}: ${reasonOf(error)}`, { cause: error });
  }
}
