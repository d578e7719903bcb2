/** `GET /containers/{id}/changes`: what differs from the image. */
import type { Engine } from '../context.ts';

const kinds = { modified: 0, added: 1, deleted: 2 } as const;

/** Null, as dockerd has it, when nothing differs. */
export async function containerChanges(
  engine: Pick<Engine, 'containers' | 'snapshots'>,
  name: string,
): Promise<{ Path: string; Kind: 0 | 1 | 2 }[] | null> {
  const { id } = engine.containers.find(name);
  const changes = await engine.snapshots.changes(id);
  return changes.length === 0 ? null : changes.map(({ path, kind }) => ({ Path: path, Kind: kinds[kind] }));
}
