/** How processes of a container of the command line come into its cgroup: by themselves, or by systemd where only that may move them. */
import { join } from 'node:path';
import { type Cgroup, mayEnter } from '#kernel';
import type { OciSpec } from '#spec';
import type { CgroupPlacement } from '../compile/cgroup.ts';
import type { PlacedUnit } from '../systemd/unit.ts';
import type { Container } from './container.ts';

/** Loaded where it is asked for: people wait for the start of the command. */
const systemd = () => import('../systemd/unit.ts');

/** Of a first process. */
export interface Entrance {
  /** The launch waits for `place`, rather than for `open` before it. */
  readonly late: boolean;
  /** Makes the cgroup with its limits, and holds it until the launch is over. */
  open(): Promise<AsyncDisposable>;
  place(pid: number): Promise<void>;
}

export async function entranceOf(spec: OciSpec, id: string, cgroup: Cgroup, unit: PlacedUnit | undefined): Promise<Entrance> {
  const prepare = async (): Promise<void> => {
    await cgroup.create();
    cgroup.apply(spec.linux?.resources ?? {});
  };
  const late = unit && !(await systemd()).canEnter(unit, cgroup);
  return {
    late: late ?? false,
    async open() {
      await using held = new AsyncDisposableStack();
      if (late) return held.move();
      if (unit) held.use(await (await systemd()).startUnit(unit, spec, id));
      await prepare();
      return held.move();
    },
    async place(pid) {
      if (!late) return;
      await (await systemd()).startUnitAround(unit, spec, id, pid);
      await prepare();
    },
  };
}

/** Of one more process: what it enters by itself, or what puts it there. */
export interface ExecEntrance {
  readonly placement: CgroupPlacement;
  place(pid: number): Promise<void>;
}

/**
 * An ordinary user who is elsewhere in the hierarchy may move nothing into the container's cgroup: his systemd does for its own
 * units; otherwise the process stays where he is, as with runC, and `warn` is told.
 */
export function execEntranceOf({ cgroup, record }: Container, placement: CgroupPlacement, warn: (message: string) => void): ExecEntrance {
  const stay = { placement, place: async () => undefined };
  const { into } = placement;
  if (!into || cgroup.layout.below === undefined || mayEnter(join('/', cgroup.layout.below ?? '', cgroup.path))) return stay;
  const { systemd: unit } = record;
  if (unit) return { placement: { ...placement, late: true }, place: async (pid) => (await systemd()).attachToUnit(unit, join('/', into.slice(cgroup.unified?.length)), pid) };
  warn(`the process stays outside of the container's cgroup, which this user cannot enter from the one that he is in: ${into}`);
  return { ...stay, placement: { ...placement, into: undefined } };
}
