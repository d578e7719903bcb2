/** The volumes of a new container: named ones are made when they are missing, anonymous ones always. */
import { isKind, messageOf } from '#base';
import type { MountPoint } from '#spec';
import type { Engine } from '../context.ts';
import { createVolume } from '../volumes/create.ts';
import type { ContainerRecord } from './record.ts';
import type { WantedMount } from './spec/bind.ts';
import { mountPointOf } from './spec/oci-mounts.ts';

type Needs = Pick<Engine, 'volumes' | 'images' | 'events' | 'log'>;

/** Mounts with their volumes' real names. Anonymous volumes made here go again with `undo`; named ones stay, as with Docker. */
export async function resolveVolumes(
  engine: Needs,
  wanted: readonly WantedMount[],
  undo: AsyncDisposableStack,
): Promise<Pick<ContainerRecord, 'mounts' | 'wantedMounts'>> {
  const resolved: WantedMount[] = [];
  for (const mount of wanted) resolved.push(await resolve(engine, mount, undo));
  const shown = resolved.filter((mount) => !mount.unlisted);
  return { wantedMounts: resolved, mounts: shown.map((mount): MountPoint => mountPointOf(mount, (name) => engine.volumes.find(name).mountpoint)) };
}

async function resolve(engine: Needs, mount: WantedMount, undo: AsyncDisposableStack): Promise<WantedMount> {
  if (mount.type === 'volume') return resolveVolume(engine, mount, undo);
  if (mount.type !== 'image') return mount;
  const image = engine.images.find(mount.source);
  return { ...mount, image: { id: image.id, chainId: await engine.images.unpack(image) } };
}

async function resolveVolume(engine: Needs, mount: WantedMount, undo: AsyncDisposableStack): Promise<WantedMount> {
  const body = { Name: mount.source, Driver: mount.driver, DriverOpts: unlessEmpty(mount.driverOptions), Labels: unlessEmpty(mount.labels) };
  const volume = await createVolume(engine, body);
  if (mount.source === '') undo.defer(() => removeVolumeQuietly(engine, volume.Name));
  return { ...mount, source: volume.Name, driver: volume.Driver };
}

function unlessEmpty(values: Readonly<Record<string, string>>): Record<string, string> | null {
  return Object.keys(values).length === 0 ? null : { ...values };
}

/** `docker rm -v`, and the end of a `--rm` container: anonymous volumes go unless another container uses them. */
export async function removeAnonymousVolumes(engine: Pick<Needs, 'volumes' | 'events' | 'log'> & Pick<Engine, 'containers'>, record: ContainerRecord): Promise<void> {
  for (const mount of record.mounts) {
    if (mount.Type !== 'volume' || mount.Name === undefined || !isAnonymous(engine, mount.Name)) continue;
    const used = engine.containers.list().some((other) => other.id !== record.id && other.mounts.some((its) => its.Name === mount.Name));
    if (!used) await removeVolumeQuietly(engine, mount.Name);
  }
}

function isAnonymous(engine: Pick<Needs, 'volumes'>, name: string): boolean {
  try {
    return engine.volumes.find(name).anonymous;
  } catch (error) {
    if (isKind(error, 'NotFound')) return false;
    throw error;
  }
}

/** Names of the volumes that a container runs on, each once. */
function volumesOf(record: ContainerRecord): string[] {
  return [...new Set(record.wantedMounts.flatMap(({ type, source }) => (type === 'volume' ? [source] : [])))];
}

/** Has the drivers bring the files of a container's volumes, before it starts; `user` holds them. Those that were brought go again when one cannot. */
export async function acquireVolumes(engine: Pick<Engine, 'volumes' | 'log'>, record: ContainerRecord, user: string = record.id): Promise<void> {
  const acquired: string[] = [];
  try {
    for (const name of volumesOf(record)) {
      await engine.volumes.acquire(name, user);
      acquired.push(name);
    }
  } catch (error) {
    await release(engine, user, acquired);
    throw error;
  }
}

/** The container does not run, or did not start: the drivers may take the files away. */
export async function releaseVolumes(engine: Pick<Engine, 'volumes' | 'log'>, record: ContainerRecord, user: string = record.id): Promise<void> {
  await release(engine, user, volumesOf(record));
}

/**
 * Gives back what a killed daemon held for those who do not run: copies, containers half made or half started. Every
 * release is asked for before this returns its promise, so that it comes before whatever acquires the volume next. A
 * driver that does not answer keeps its files, and is asked at the next start.
 */
export async function releaseAbandoned(engine: Pick<Engine, 'volumes' | 'supervisor' | 'lives' | 'log'>): Promise<void> {
  const abandoned = engine.volumes.acquired().filter(({ user }) => {
    const status = engine.supervisor.state(user)?.status;
    // An end that was found just now has given back already, and its restart may have begun.
    return status !== 'running' && status !== 'paused' && !engine.lives.restartsSoon(user);
  });
  await Promise.all(abandoned.map(({ name, user }) => release(engine, user, [name])));
}

/** A driver that fails keeps its files; nobody waits for it here. */
async function release(engine: Pick<Engine, 'volumes' | 'log'>, user: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    await engine.volumes.release(name, user).catch((error: unknown) => engine.log('warn', `volume ${name}: ${messageOf(error)}`));
  }
}

async function removeVolumeQuietly(engine: Pick<Needs, 'volumes' | 'events' | 'log'>, name: string): Promise<void> {
  try {
    const { driver } = engine.volumes.find(name);
    await engine.volumes.remove(name);
    engine.events.publish('volume', 'destroy', name, { driver });
  } catch (error) {
    engine.log('warn', `removing anonymous volume ${name}: ${messageOf(error)}`);
  }
}
