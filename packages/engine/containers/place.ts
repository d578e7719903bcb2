/** Where a path of a container lies: in its root file system, or, while it does not run, in a volume or bind mounted there. */
import { randomUUID } from 'node:crypto';
import { posix } from 'node:path';
import { NotImplemented } from '#base';
import type { Engine } from '../context.ts';
import type { ContainerRecord } from './record.ts';
import type { WantedMount } from './spec/bind.ts';

export interface Place {
  /** A directory of the host that is the root for `path`. */
  readonly root: string;
  readonly path: string;
  /** Mounted read-only in the container. */
  readonly readOnly: boolean;
  /** A running container with ids of its own: its files can be read from outside, not written. */
  readonly remapped: boolean;
}

/** Calls `work` while the place can be reached. A running container's mounts are seen through the container itself. Throws NotImplemented for an image mount that cannot be seen so. */
export async function atPlace<T>(engine: Pick<Engine, 'supervisor' | 'volumes'>, record: ContainerRecord, path: string, work: (place: Place) => Promise<T>): Promise<T> {
  const status = engine.supervisor.state(record.id)?.status;
  const runs = status === 'running' || status === 'paused';
  const remapped = engine.supervisor.spec(record.id).namespaces.user === 'private';
  const mount = runs && !remapped ? undefined : mountOver(record, path);
  if (!mount) return engine.supervisor.withRoot(record.id, (root) => work({ root, path, readOnly: false, remapped: runs && remapped }));
  if (mount.type === 'image') throw new NotImplemented(`copying from or to the image mounted at ${mount.destination} is not supported unless the container runs, its ids not remapped`);
  const inside = posix.join('/', path).slice(mount.destination.length);
  const within = (root: string): Promise<T> => work({ root: posix.join(root, mount.subpath), path: inside === '' ? '/' : inside, readOnly: mount.readOnly, remapped: false });
  return mount.type === 'volume' ? inVolume(engine, mount.source, within) : within(mount.source);
}

/** The volume's driver brings its files for as long as it takes; under a name of their own, so that a start meanwhile keeps what it got. */
async function inVolume<T>({ volumes }: Pick<Engine, 'volumes'>, name: string, work: (root: string) => Promise<T>): Promise<T> {
  const user = `cp-${randomUUID()}`;
  await volumes.acquire(name, user);
  try {
    return await work(volumes.find(name).mountpoint);
  } finally {
    await volumes.release(name, user);
  }
}

/** The innermost volume, bind or image that holds the path; links on the way are not followed. */
function mountOver(record: ContainerRecord, path: string): WantedMount | undefined {
  const wanted = `${posix.join('/', path).replace(/\/$/, '')}/`;
  return record.wantedMounts
    .filter((mount) => mount.type !== 'tmpfs' && wanted.startsWith(`${mount.destination}/`))
    .toSorted((a, b) => b.destination.length - a.destination.length)[0];
}
