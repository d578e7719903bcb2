/** How the kernel is to run the process: personality, scheduler, I/O priority, CPU affinity. */
import { InvalidArgument } from '#base';
import type { Operation } from '#shim';
import type { OciProcess, OciSpec } from '#spec';

const personas: Record<string, number> = { LINUX: 0, LINUX32: 8 };
const policies: Record<string, number> = { SCHED_OTHER: 0, SCHED_FIFO: 1, SCHED_RR: 2, SCHED_BATCH: 3, SCHED_IDLE: 5, SCHED_DEADLINE: 6 };
const schedulerFlags: Record<string, bigint> = {
  SCHED_FLAG_RESET_ON_FORK: 1n,
  SCHED_FLAG_RECLAIM: 2n,
  SCHED_FLAG_DL_OVERRUN: 4n,
  SCHED_FLAG_KEEP_POLICY: 8n,
  SCHED_FLAG_KEEP_PARAMS: 16n,
  SCHED_FLAG_UTIL_CLAMP_MIN: 32n,
  SCHED_FLAG_UTIL_CLAMP_MAX: 64n,
};
const ioClasses: Record<string, number> = { IOPRIO_CLASS_RT: 1, IOPRIO_CLASS_BE: 2, IOPRIO_CLASS_IDLE: 3 };
const IOPRIO_CLASS_SHIFT = 13;
/** linux/mempolicy.h. */
export const memoryModes: Record<string, number> = {
  MPOL_DEFAULT: 0, MPOL_PREFERRED: 1, MPOL_BIND: 2, MPOL_INTERLEAVE: 3, MPOL_LOCAL: 4, MPOL_PREFERRED_MANY: 5, MPOL_WEIGHTED_INTERLEAVE: 6,
};
export const memoryFlags: Record<string, number> = { MPOL_F_STATIC_NODES: 0x8000, MPOL_F_RELATIVE_NODES: 0x4000, MPOL_F_NUMA_BALANCING: 0x2000 };

export type MemoryPolicy = NonNullable<NonNullable<OciSpec['linux']>['memoryPolicy']>;

export type Personality = NonNullable<OciSpec['linux']>['personality'];

/** Throws InvalidArgument on a name that the spec does not know. */
export function compileScheduling(process: OciProcess, personality: Personality): Operation[] {
  const plan: Operation[] = [];
  if (personality) {
    if (personality.flags?.length) throw new InvalidArgument('personality flags are not supported');
    plan.push({ op: 'personality', persona: known(personas, personality.domain, 'personality') });
  }
  if (process.scheduler) {
    const { policy, nice = 0, priority = 0, flags = [], runtime = 0, deadline = 0, period = 0 } = process.scheduler;
    const bits = flags.reduce((sum, flag) => sum | known(schedulerFlags, flag, 'scheduler flag'), 0n);
    plan.push({ op: 'scheduler', policy: known(policies, policy, 'scheduler policy'), nice, priority, flags: bits, runtime: BigInt(runtime), deadline: BigInt(deadline), period: BigInt(period) });
  }
  if (process.ioPriority) {
    const ioClass = known(ioClasses, process.ioPriority.class, 'I/O priority class');
    plan.push({ op: 'io-priority', priority: (ioClass << IOPRIO_CLASS_SHIFT) | process.ioPriority.priority });
  }
  return plan;
}

/** NUMA policy of what the process allocates (set_mempolicy(2)). Throws InvalidArgument on a name that the spec does not know. */
export function compileMemoryPolicy(policy: MemoryPolicy | undefined): Operation[] {
  if (!policy) return [];
  const mode = knownOfMemory(memoryModes, policy.mode, 'mode');
  const flags = (policy.flags ?? []).reduce((sum, flag) => sum | knownOfMemory(memoryFlags, flag, 'flag'), 0);
  return [{ op: 'memory-policy', mode: mode | flags, nodes: policy.nodes ? parseSet(policy.nodes, 'memory policy node list') : new Uint8Array() }];
}

/** All CPUs that the cgroup allows, rather than those that whoever started us was kept to (sched_setaffinity(2)). */
export const resetAffinity: Operation = { op: 'affinity', soft: true, mask: new Uint8Array(1024).fill(0xff) };

/** An exec's CPUs: before it enters the cgroup, or once it is there. */
export function compileAffinity(list: string | undefined): Operation[] {
  return list ? [{ op: 'affinity', mask: parseSet(list, 'CPU list') }] : [];
}

/** More CPUs or memory nodes than any kernel is built for. */
const MOST = 8191;

/** `0-3,7` as a bit mask, least significant byte first. */
function parseSet(list: string, what: string): Uint8Array {
  let mask = 0n;
  for (const part of list.split(',').map((text) => text.trim()).filter(Boolean)) {
    const match = /^(\d+)(?:-(\d+))?$/.exec(part);
    if (!match) throw new InvalidArgument(`invalid ${what}: ${list}`);
    const [first, last] = [Number(match[1]), Number(match[2] ?? match[1])];
    if (last < first) throw new InvalidArgument(`invalid ${what}: ${list}`);
    if (last > MOST) throw new InvalidArgument(`invalid ${what}: ${list}: values larger than ${MOST} are not supported`);
    mask |= ((1n << BigInt(last - first + 1)) - 1n) << BigInt(first);
  }
  const bytes = Buffer.alloc(Math.ceil(mask.toString(2).length / 64) * 8);
  for (let at = 0; at < bytes.length; at++) bytes[at] = Number((mask >> BigInt(at * 8)) & 0xffn);
  return bytes;
}

/** In runC's words. */
function knownOfMemory(table: Record<string, number>, name = '', what: string): number {
  const value = Object.hasOwn(table, name) ? table[name] : undefined;
  if (value === undefined) throw new InvalidArgument(`invalid memory policy ${what} ${JSON.stringify(name)}`);
  return value;
}

function known<T>(table: Record<string, T>, name: string, what: string): T {
  const value = Object.hasOwn(table, name) ? table[name] : undefined;
  if (value === undefined) throw new InvalidArgument(`${what} "${name}" is not supported`);
  return value;
}
