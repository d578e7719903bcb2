/** Sizes of a container: its own layer, and all of its root file system. Bytes. */
import type { Engine } from '../context.ts';
import type { ContainerRecord } from './record.ts';

export async function sizesOf(engine: Pick<Engine, 'snapshots' | 'images'>, record: ContainerRecord): Promise<{ SizeRw: number; SizeRootFs: number }> {
  const { bytes } = await engine.snapshots.usage(record.id);
  const image = engine.images.lookup(record.image)?.size ?? 0;
  return { SizeRw: bytes, SizeRootFs: image + bytes };
}
