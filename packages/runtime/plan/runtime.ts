/** The `plan` driver: containers made by naru-shim from launch plans compiled here. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ShimImage } from '#shim';
import type { Runtime } from '../port.ts';
import { createTask } from './create.ts';
import { listTasks } from './layout.ts';
import { loadTask } from './load.ts';

export interface PlanRuntimeOptions {
  /** Directory for what must outlive the daemon but not the machine; tasks/ is made in it. */
  readonly execRoot: string;
  /** The naru-shim program. */
  readonly shimPath: string;
  /** Cgroup that tasks are made in whose spec names none; `/naru` when not given. */
  readonly cgroupParent?: string;
  /** What went wrong without stopping a launch (a limit that could not be raised). */
  readonly onWarning?: (id: string, message: string) => void;
}

/** What the driver's parts share. */
export interface PlanRoom {
  readonly tasksRoot: string;
  readonly image: ShimImage;
  readonly cgroupParent: string;
  warn(id: string, message: string): void;
}

/** Makes the driver; `execRoot` is created when missing. Throws when the shim's program cannot be read. */
export function planRuntime(options: PlanRuntimeOptions): Runtime {
  const tasksRoot = join(options.execRoot, 'tasks');
  mkdirSync(tasksRoot, { recursive: true, mode: 0o700 });
  const room: PlanRoom = {
    tasksRoot,
    image: new ShimImage(options.shimPath),
    cgroupParent: options.cgroupParent ?? '/naru',
    warn: options.onWarning ?? (() => undefined),
  };
  return {
    name: 'naru',
    create: (create) => createTask(room, create),
    load: (id) => loadTask(room, id),
    list: () => listTasks(tasksRoot),
  };
}
