/** Where a task's processes are put, and how the container sees it, from the machine's cgroup layout. */
import { basename, join } from 'node:path';
import { InvalidArgument } from '#base';
import type { Cgroup } from '#kernel';
import type { OciSpec } from '#spec';
import type { CgroupPlacement } from '../compile.ts';
import type { CgroupView } from '../compile/mounts.ts';

/** `linux.cgroupsPath`, or one made of `parent` and the id. Throws InvalidArgument for systemd's form. */
export function cgroupPathOf(spec: OciSpec, id: string, parent: string): string {
  const path = spec.linux?.cgroupsPath;
  if (!path) return join('/', parent, id);
  if (path.includes(':')) throw new InvalidArgument(`cgroupsPath "${path}": systemd's slice:prefix:name form is not supported`);
  return path.startsWith('/') ? join('/', path) : join('/', parent, path);
}

/** `spec` undefined: for an exec, which mounts nothing and watches nothing. */
export function placementOf(cgroup: Cgroup, spec: OciSpec | undefined): CgroupPlacement {
  const { layout, path } = cgroup;
  return {
    procs: layout.v1.map(({ mountPoint }) => join(mountPoint, path, 'cgroup.procs')),
    into: cgroup.unified,
    view: spec && viewOf(cgroup, spec),
    oom: spec && oomFiles(cgroup),
  };
}

function viewOf(cgroup: Cgroup, spec: OciSpec): CgroupView {
  const { layout, path, unified } = cgroup;
  const namespaced = spec.linux?.namespaces?.some(({ type }) => type === 'cgroup') ?? false;
  if (layout.v1.length === 0) return { mode: 'v2', namespaced, hierarchies: [{ name: '', directory: unified ?? '', parameters: [] }] };
  const hierarchies = layout.v1.map(({ mountPoint, controllers }) => ({
    name: basename(mountPoint),
    directory: join(mountPoint, path),
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
