/** Where a process goes in the cgroup hierarchies, and how it gets there. */
import type { Operation } from '#shim';
import type { OciProcess } from '#spec';
import type { CgroupView } from './mounts.ts';

export interface CgroupPlacement {
  /** `tasks` of each v1 hierarchy: who writes to it, and has one thread, is in (placement.ts). */
  readonly tasks: readonly string[];
  /** v2 directory to be born in. */
  readonly into: string | undefined;
  /** Somebody else puts the new process there, who is asked as its host-side hooks are: we may not ourselves. */
  readonly late?: boolean;
  readonly view: CgroupView | undefined;
  /** memory.oom_control and cgroup.event_control of v1, or memory.events of v2 and "". */
  readonly oom: { readonly control: string; readonly eventControl: string } | undefined;
}

/** By itself, as far as it may; its score for who is killed first is set there too. `seeded`: its seed is in v1's already. */
export function enterCgroup(cgroup: CgroupPlacement, process: OciProcess, seeded: boolean): Operation[] {
  const plan: Operation[] = [];
  if (cgroup.tasks.length > 0 && !seeded) plan.push({ op: 'cgroup', files: cgroup.tasks });
  if (cgroup.into && !cgroup.late) plan.push({ op: 'cgroup-into', directory: cgroup.into });
  if (process.oomScoreAdj !== undefined) plan.push({ op: 'proc-write', soft: true, path: 'self/oom_score_adj', value: String(process.oomScoreAdj) });
  return plan;
}

/** The launch waits until somebody else has put the process there. */
export const placedLate = ({ late }: CgroupPlacement): Operation[] => (late ? [{ op: 'host-hooks' }] : []);
