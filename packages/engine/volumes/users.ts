import type { Engine } from '../context.ts';

/** Ids of the containers that have the volume mounted or would mount it when they start. */
export function volumeUsers(engine: Pick<Engine, 'containers'>, name: string): string[] {
  return engine.containers
    .list()
    .filter((container) => container.mounts.some((mount) => mount.Type === 'volume' && mount.Name === name))
    .map((container) => container.id);
}

/** How many containers use each volume. */
export function volumeUseCounts(engine: Pick<Engine, 'containers'>): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const container of engine.containers.list()) {
    const names = new Set(container.mounts.flatMap((mount) => (mount.Type === 'volume' && mount.Name ? [mount.Name] : [])));
    for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}
