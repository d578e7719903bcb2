/** This machine, as limits are checked against it. Read once. */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import type { Machine } from './spec/validate-resources.ts';

let known: Machine | undefined;

/** cgroup version 2 when the unified hierarchy is the one at /sys/fs/cgroup (cgroup-v2.rst). */
export function machine(): Machine {
  return (known ??= {
    cpus: availableParallelism(),
    cgroupVersion: existsSync('/sys/fs/cgroup/cgroup.controllers') ? 2 : 1,
    blkioWeight: existsSync('/sys/fs/cgroup/blkio/blkio.weight') || existsSync('/sys/fs/cgroup/blkio/blkio.bfq.weight'),
  });
}
