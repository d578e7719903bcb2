/** The `oci` driver: containers made by runc, crun or any other OCI runtime, named and found by path. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidArgument } from '#base';
import { Cgroup } from '#kernel';
import { emptyTrash, listTasks, type RuntimeBinary } from '../plan/layout.ts';
import { loadTask } from '../plan/load.ts';
import { roomOf, type PlanRuntimeOptions } from '../plan/runtime.ts';
import type { Runtime } from '../port.ts';
import { createByBinary, type OciRoom } from './create.ts';
import { OciTask } from './task.ts';

export interface OciRuntimeOptions extends Omit<PlanRuntimeOptions, 'spares'> {
  /** The binary of a name, at an absolute path; undefined when it is not known (any more). */
  binaryOf(name: string): RuntimeBinary | undefined;
}

/** Makes the driver. `create` throws InvalidArgument for a name that is not known. */
export function ociRuntime(options: OciRuntimeOptions): Runtime & AsyncDisposable {
  const room: OciRoom = { ...roomOf(options), stateRoot: join(options.execRoot, 'states'), shimPath: options.shimPath };
  mkdirSync(room.stateRoot, { recursive: true, mode: 0o700 });
  const ready = emptyTrash(room.trash);
  ready.catch(() => undefined); // whoever creates first is told
  return {
    name: 'oci',
    async create(create) {
      const binary = options.binaryOf(create.runtime ?? '');
      if (!binary) throw new InvalidArgument(`unknown or invalid runtime name: ${create.runtime}`);
      await ready;
      return createByBinary(room, binary, create);
    },
    load: (id) => loadTask(room, id, (parts) => new OciTask(parts, room.stateRoot)),
    list: () => listTasks(room.tasksRoot),
    [Symbol.asyncDispose]: async () => {
      await ready;
      await Promise.allSettled(room.leaving);
      if (!room.systemd) await new Cgroup(room.cgroupParent).removeEmpty();
      room.image[Symbol.dispose]();
    },
  };
}

/** One runtime out of two: `named` makes the containers that ask for a runtime, `builtIn` the others. */
export function runtimeOfBoth(builtIn: Runtime & AsyncDisposable, named: Runtime & AsyncDisposable): Runtime & AsyncDisposable {
  return {
    name: builtIn.name,
    create: (options) => (options.runtime ? named : builtIn).create(options),
    load: async (id) => (await builtIn.load(id)) ?? named.load(id),
    list: async () => [...(await builtIn.list()), ...(await named.list())],
    async [Symbol.asyncDispose]() {
      await named[Symbol.asyncDispose]();
      await builtIn[Symbol.asyncDispose]();
    },
  };
}
