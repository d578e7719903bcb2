import { Internal, messageOf } from '#base';
import { chainIdsOf, type Image } from '#images';
import { compileWildcard, familiarReference, familiarRepository, type ImageRef, type ImageSummary } from '#spec';
import type { Engine } from '../context.ts';
import { booleanFilter, matchesLabels, type Filters } from '../filters.ts';
import { parseMoment } from '../timestamp.ts';
import { imageSummary, manifestSummaries } from './summary.ts';

/** Filters of `GET /images/json`. */
export const imageFilters = ['before', 'dangling', 'label', 'reference', 'since', 'until'] as const;

export interface ListImages {
  /** Intermediate images too. */
  readonly all: boolean;
  readonly filters: Filters;
  readonly sharedSize: boolean;
  readonly manifests: boolean;
}

type Room = Pick<Engine, 'images' | 'containers' | 'content' | 'clock'>;

/** The images that pass, newest first. Throws NotFound for an unknown image in `before` or `since`. */
export async function listImages(engine: Room, request: ListImages): Promise<ImageSummary[]> {
  const everything = engine.images.list();
  const shown = select(engine, everything, request).toSorted((a, b) => b.created - a.created);
  const summaries = shown.map((image) => ({ image, summary: imageSummary(narrowed(image, request.filters)) }));
  if (request.sharedSize) addSharedSizes(engine, everything, summaries);
  if (request.manifests) {
    for (const { image, summary } of summaries) summary.Manifests = await manifestSummaries(engine, image);
  }
  return summaries.map(({ summary }) => summary);
}

/** The filters alone, before any shape. */
function select(engine: Room, images: readonly Image[], { all, filters }: ListImages): Image[] {
  const dangling = booleanFilter(filters, 'dangling');
  const inTime = timeFilter(engine, filters);
  const parents = new Set(images.map((image) => image.parent));
  return images.filter((image) => {
    if (!inTime(image.created) || !matchesLabels(filters.get('label'), image.config.config?.Labels ?? {})) return false;
    const { tags, digests } = narrowed(image, filters);
    if (tags.length > 0) return dangling !== true;
    if (digests.length > 0) return true;
    const hidden = !all && parents.has(image.id);
    return !hidden && dangling !== false && !filters.has('reference');
  });
}

/** `before`, `since` (an image) and `until` (a moment), several of each ANDed. */
function timeFilter(engine: Room, filters: Filters): (created: number) => boolean {
  const createdOf = (name: string): number => engine.images.find(name).created;
  const before = Math.min(...(filters.get('before') ?? []).map(createdOf));
  const since = Math.max(...(filters.get('since') ?? []).map(createdOf));
  const until = Math.min(...(filters.get('until') ?? []).map((text) => Number(momentOf(engine, text) / 1_000_000n)));
  return (created) => created < before && created > since && created < until;
}

/** Throws Internal for what is no moment: dockerd answers 500 here. */
function momentOf({ clock }: Room, text: string): bigint {
  try {
    return parseMoment(text, clock.now());
  } catch (error) {
    throw new Internal(messageOf(error), { cause: error });
  }
}

/** The image with those references alone that the `reference` filter names. */
function narrowed(image: Image, filters: Filters): Image {
  const patterns = filters.get('reference');
  if (!patterns) return image;
  const globs = patterns.map(referencePattern);
  const wanted = (ref: ImageRef): boolean => globs.some((glob) => glob.test(familiarReference(ref)) || glob.test(familiarRepository(ref)));
  return { ...image, tags: image.tags.filter(wanted), digests: image.digests.filter(wanted) };
}

/** Throws Internal: dockerd answers 500 here. */
function referencePattern(pattern: string): ReturnType<typeof compileWildcard> {
  try {
    return compileWildcard(pattern);
  } catch (error) {
    throw new Internal(messageOf(error), { cause: error });
  }
}

type Shown = readonly { image: Image; summary: ImageSummary }[];

/** Bytes of the layers that another image stands on too. */
function addSharedSizes(engine: Pick<Engine, 'images'>, everything: readonly Image[], shown: Shown): void {
  const uses = new Map<string, number>();
  for (const image of everything) for (const id of chainIdsOf(image.config.rootfs.diff_ids)) uses.set(id, (uses.get(id) ?? 0) + 1);
  for (const { image, summary } of shown) {
    const sizes = engine.images.layerSizes(image);
    summary.SharedSize = chainIdsOf(image.config.rootfs.diff_ids).reduce((sum, id, index) => sum + ((uses.get(id) ?? 0) > 1 ? (sizes[index] ?? 0) : 0), 0);
  }
}
