/** The `plan` driver: containers made by naru-shim from launch plans compiled here. */
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Cgroup, makeTopDirectory, type RealtimeShare } from '#kernel';
import { ShimImage } from '#shim';
import type { Runtime } from '../port.ts';
import { createTask } from './create.ts';
import { emptyTrash, listTasks, readTask } from './layout.ts';
import { loadTask } from './load.ts';
import { SeccompPrograms } from './programs.ts';
import type { PlanRoom } from './room.ts';
import { Spares } from './spares.ts';
import type { StockSize } from './stock.ts';

export interface PlanRuntimeOptions {
  /** Directory for what must outlive the daemon but not the machine; tasks/ is made in it. */
  readonly execRoot: string;
  /** The naru-shim program. */
  readonly shimPath: string;
  /** Cgroup that tasks are made in whose spec names none; `/naru` when not given. */
  readonly cgroupParent?: string;
  /** Containers are scopes of systemd's: of a cgroup's path the directory's last part is their slice. False when not given. */
  readonly systemd?: boolean;
  /** What the cgroups that tasks are made in have of real-time scheduling; as they are when not given. */
  readonly realtime?: RealtimeShare;
  /** Shims kept ready for the next containers, on machines with cgroup v1; none when not given. */
  readonly spares?: StockSize;
  /** What went wrong without stopping a launch (a limit that could not be raised). */
  readonly onWarning?: (id: string, message: string) => void;
}

/** Disposing waits for deletions, removes the spares, and the cgroup parent where nothing is left in it; tasks live on. */
export type PlanRuntime = Runtime & AsyncDisposable;

/** Makes the driver; `execRoot` is created when missing. Throws when the shim's program cannot be read. */
export function planRuntime(options: PlanRuntimeOptions): PlanRuntime {
  const room = roomOf(options);
  const { spares, trash, tasksRoot, programs } = room;
  programs.sweep(new Set(readdirSync(tasksRoot).map((id) => readTask(join(tasksRoot, id))?.seccomp)));
  const ready = Promise.all([spares.begin(), emptyTrash(trash)]);
  ready.catch(() => undefined); // whoever creates first is told
  return {
    name: 'naru',
    create: async (create) => {
      await ready;
      const make = create.checkpoint === undefined ? createTask : (await import('./restore.ts')).restoreTask; // CRIU's part is seldom asked for
      return await make(room, create);
    },
    load: (id) => loadTask(room, id),
    list: () => listTasks(tasksRoot),
    [Symbol.asyncDispose]: async () => {
      await ready;
      await Promise.allSettled(room.leaving);
      await spares[Symbol.asyncDispose]();
      if (!room.systemd) await new Cgroup(room.cgroupParent).removeEmpty();
      room.image[Symbol.dispose]();
    },
  };
}

/** What a driver's parts share; its directories are made. */
export function roomOf(options: PlanRuntimeOptions): PlanRoom {
  const tasksRoot = join(options.execRoot, 'tasks');
  const trash = join(options.execRoot, 'trash');
  makeTopDirectory(tasksRoot, 0o700);
  mkdirSync(trash, { recursive: true, mode: 0o700 });
  const parts = {
    tasksRoot,
    trash,
    image: new ShimImage(options.shimPath),
    cgroupParent: options.cgroupParent ?? '/naru',
    systemd: options.systemd ?? false,
    realtime: options.realtime ?? { period: 0, runtime: 0 },
    programs: new SeccompPrograms(join(options.execRoot, 'seccomp')),
    making: new Set<string>(),
    leaving: new Set<Promise<void>>(),
    warn: options.onWarning ?? (() => undefined),
  };
  const spares = new Spares(parts, join(options.execRoot, 'spares'), options.spares ?? { least: 0, most: 0 });
  return { ...parts, spares };
}
