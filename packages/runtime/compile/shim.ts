/** The first section of a plan: what the shim itself is to do. */
import { posix } from 'node:path';
import { type Operation, StdioFlag } from '#shim';
import type { OciSpec } from '#spec';
import type { StdioOptions } from '../port.ts';
import type { CgroupPlacement } from './cgroup.ts';
import { compileDirectStdio, type DirectExec, type DirectLaunch } from './direct.ts';

export interface ShimInput {
  readonly label: string;
  readonly spec: OciSpec;
  readonly stdio: StdioOptions;
  readonly cgroup: CgroupPlacement;
  readonly direct?: DirectLaunch | undefined;
}

/** What the shim is to know of a container, however that is made. Processes outlive the first where no pid namespace ends with it. */
export function compileShim({ label, spec, stdio, cgroup, direct }: ShimInput): Operation[] {
  const plan: Operation[] = [{ op: 'label', text: label }, ...compileStdio(stdio, direct)];
  if (stdio.log) plan.push({ op: 'log', path: stdio.log.path, maxBytes: BigInt(stdio.log.maxBytes), maxFiles: stdio.log.maxFiles });
  if (cgroup.oom) plan.push({ op: 'oom', ...cgroup.oom });
  const ownPids = spec.linux?.namespaces?.some((namespace) => namespace.type === 'pid' && !namespace.path);
  const directory = cgroup.tasks[0] ? posix.dirname(cgroup.tasks[0]) : cgroup.into;
  if (!ownPids && directory) plan.push({ op: 'sweep', procs: posix.join(directory, 'cgroup.procs') });
  return plan;
}

/** `more` are further flags of the shim's. */
export function compileStdio(stdio: StdioOptions, direct: DirectLaunch | DirectExec | undefined, more = 0): Operation[] {
  return direct ? compileDirectStdio(direct) : [{ op: 'stdio', flags: stdioFlags(stdio) | more }];
}

function stdioFlags(stdio: StdioOptions): number {
  return (stdio.terminal ? StdioFlag.terminal : 0) | (stdio.stdin ? StdioFlag.stdin : 0) | (stdio.stdinOnce ? StdioFlag.stdinOnce : 0);
}
