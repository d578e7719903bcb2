/** Where a task's processes are put, and how the container sees it, from the machine's cgroup layout. */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { InvalidArgument } from '#base';
import { type Cgroup, type CgroupLayout, parseCgroupLayout } from '#kernel';
import type { OciSpec } from '#spec';
import type { CgroupPlacement } from '../compile/cgroup.ts';
import type { CgroupView } from '../compile/mounts.ts';

/** `linux.cgroupsPath`, or one made of `parent` and the id. Throws InvalidArgument for systemd's form. */
export function cgroupPathOf(spec: OciSpec, id: string, parent: string): string {
  const path = spec.linux?.cgroupsPath;
  if (!path) return join('/', parent, id);
  if (path.includes(':')) throw new InvalidArgument(`cgroupsPath "${path}": systemd's slice:prefix:name form is not supported`);
  return path.startsWith('/') ? join('/', path) : join('/', parent, path);
}

/**
 * `spec` undefined: for an exec, which mounts nothing and watches nothing; `pid` is then the container's first process.
 *
 * A stage has one thread, and v1's `tasks` moves that alone: the kernel (5.5 and later) need keep nobody from forking meanwhile. A
 * write to `cgroup.procs` takes a lock against all forks, for which it waits 10 to 20 ms when nobody has held it for a while.
 */
export function placementOf(cgroup: Cgroup, spec: OciSpec | undefined, pid?: number): CgroupPlacement {
  const { layout, path, unified } = cgroup;
  return {
    tasks: layout.v1.map(({ mountPoint }) => join(mountPoint, path, 'tasks')),
    into: pid && unified && handedDown(unified) ? join(unified, belowOf(cgroup, pid)) : unified,
    view: spec && viewOf(cgroup, spec),
    oom: spec && oomFiles(cgroup),
  };
}

/** A container that has handed controllers down to cgroups of its own (systemd does) takes no process itself (cgroup-v2.rst, "No Internal Process Constraint"). */
function handedDown(directory: string): boolean {
  return readFileSync(join(directory, 'cgroup.subtree_control'), 'utf8').trim() !== '';
}

/** Where below its container's cgroup a process is; "" when it is nowhere below. */
function belowOf(cgroup: Cgroup, pid: number): string {
  const own = /^0::(.*)$/m.exec(readFileSync(`/proc/${pid}/cgroup`, 'utf8'))?.[1] ?? '';
  return own.includes(`${cgroup.path}/`) ? own.slice(own.indexOf(`${cgroup.path}/`) + cgroup.path.length + 1) : '';
}

/** undefined where an ordinary user has no cgroups. */
function viewOf({ layout, path, unified }: Cgroup, spec: OciSpec): CgroupView | undefined {
  return layout.v1.length === 0 && !unified ? undefined : viewIn(layout, () => path, spec);
}

/** Of the cgroups that this process is in, for a container that stays there because an ordinary user has none to give it. */
export function inheritedView(spec: OciSpec): CgroupView | undefined {
  const read = (file: string) => readFileSync(file, 'utf8');
  const layout = parseCgroupLayout(read('/proc/self/mountinfo'), read);
  const own = new Map(read('/proc/self/cgroup').split('\n').map((line) => /^\d+:([^:]*):(.*)$/.exec(line)).map((found) => [found?.[1], found?.[2]]));
  return layout.v1.length === 0 && !layout.v2 ? undefined : viewIn(layout, (controllers) => own.get(controllers.join(',')) ?? '/', spec);
}

function viewIn({ v1, v2 }: CgroupLayout, pathIn: (controllers: readonly string[]) => string, spec: OciSpec): CgroupView {
  const namespaced = spec.linux?.namespaces?.some(({ type }) => type === 'cgroup') ?? false;
  if (v1.length === 0) return { mode: 'v2', namespaced, hierarchies: [{ name: '', directory: join(v2?.mountPoint ?? '', pathIn([])), parameters: [] }] };
  const hierarchies = v1.map(({ mountPoint, controllers }) => ({
    name: basename(mountPoint),
    directory: join(mountPoint, pathIn(controllers)),
    parameters: controllers.some((controller) => controller.startsWith('name=')) ? ['none', ...controllers] : controllers,
  }));
  return { mode: 'v1', namespaced, hierarchies };
}

function oomFiles(cgroup: Cgroup): CgroupPlacement['oom'] {
  const v1 = cgroup.directoryOf('memory');
  if (v1) return { control: join(v1, 'memory.oom_control'), eventControl: join(v1, 'cgroup.event_control') };
  if (cgroup.layout.v1.length > 0 || !cgroup.unified) return undefined;
  return { control: join(cgroup.unified, 'memory.events'), eventControl: '' };
}
