import { Internal, isKind, messageOf } from '#base';
import { chainIdsOf, type Image } from '#images';
import { formatReference, type ImageDeleteItem } from '#spec';
import type { Engine } from '../context.ts';
import { booleanFilter, type Filters } from '../filters.ts';
import { matchesPruneLabels, publishPrune, untilOf } from '../prune.ts';
import { removeImage } from './remove.ts';

type Room = Pick<Engine, 'images' | 'containers' | 'supervisor' | 'events' | 'clock'>;

/** Filters of `POST /images/prune`. */
export const imagePruneFilters = ['dangling', 'label', 'label!', 'until'] as const;

/** Removes images without a tag; with `dangling=false` every image that no container uses. Bytes. */
export async function pruneImages(engine: Room, filters: Filters): Promise<{ ImagesDeleted: ImageDeleteItem[] | null; SpaceReclaimed: number }> {
  const danglingOnly = booleanFilter(filters, 'dangling') ?? true;
  const sizes = layerSizes(engine);
  const done: ImageDeleteItem[] = [];
  for (const image of candidates(engine, filters, danglingOnly)) {
    for (const name of namesOf(image)) done.push(...(await removeUnlessUsed(engine, name)));
  }
  const reclaimed = done.reduce((sum, item) => sum + ('Deleted' in item ? (sizes.get(item.Deleted) ?? 0) : 0), 0);
  publishPrune(engine, 'image', reclaimed);
  return { ImagesDeleted: done.length > 0 ? done : null, SpaceReclaimed: reclaimed };
}

function candidates(engine: Room, filters: Filters, danglingOnly: boolean): Image[] {
  const images = engine.images.list();
  const parents = new Set(images.map((image) => image.parent));
  const until = untilAsked(engine, filters);
  return images.filter((image) => {
    if (image.tags.length > 0 && danglingOnly) return false;
    if (image.tags.length + image.digests.length === 0 && parents.has(image.id)) return false;
    if (until !== undefined && image.created >= until) return false;
    return matchesPruneLabels(filters, image.config.config?.Labels ?? {});
  });
}

/** Throws Internal: dockerd answers 500 here. */
function untilAsked({ clock }: Room, filters: Filters): number | undefined {
  try {
    return untilOf(filters, clock.now());
  } catch (error) {
    throw new Internal(messageOf(error), { cause: error });
  }
}

/** What to remove it by: each of its references, or its id. */
function namesOf(image: Image): string[] {
  const references = [...image.tags, ...image.digests];
  return references.length > 0 ? references.map(formatReference) : [image.id];
}

/** An image in use stays; one that went with an earlier name is gone. */
async function removeUnlessUsed(engine: Room, name: string): Promise<ImageDeleteItem[]> {
  try {
    return await removeImage(engine, name, { force: false, prune: true });
  } catch (error) {
    if (isKind(error, 'Conflict') || isKind(error, 'NotFound')) return [];
    throw error;
  }
}

function layerSizes(engine: Pick<Engine, 'images'>): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  for (const image of engine.images.list()) {
    const bytes = engine.images.layerSizes(image);
    chainIdsOf(image.config.rootfs.diff_ids).forEach((id, index) => sizes.set(id, bytes[index] ?? 0));
  }
  return sizes;
}
