import type { Image } from '#images';
import { familiarReference, type ImageHistoryItem } from '#spec';
import type { Engine } from '../context.ts';

/** The image's steps, newest first. The newest has the image's id, those before it the ids of its parents as far as they are here. */
export function imageHistory(engine: Pick<Engine, 'images'>, image: Image): ImageHistoryItem[] {
  const sizes = engine.images.layerSizes(image);
  let layer = 0;
  const steps = (image.config.history ?? []).map((step): ImageHistoryItem => ({
    Comment: step.comment ?? '',
    Created: step.created ? Math.floor(Date.parse(step.created) / 1000) : 0,
    CreatedBy: step.created_by ?? '',
    Id: '<missing>',
    Size: step.empty_layer ? 0 : (sizes[layer++] ?? 0),
    Tags: null,
  }));
  return named(engine, image, steps.reverse());
}

function named(engine: Pick<Engine, 'images'>, image: Image, steps: readonly ImageHistoryItem[]): ImageHistoryItem[] {
  let current: Image | undefined = image;
  return steps.map((step) => {
    if (!current) return step;
    const { id, tags, parent }: Image = current;
    current = parent === undefined ? undefined : engine.images.lookup(parent);
    return { ...step, Id: id, Tags: tags.length > 0 ? tags.map(familiarReference) : null };
  });
}
