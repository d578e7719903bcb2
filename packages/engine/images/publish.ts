import type { Image } from '#images';
import type { Engine } from '../context.ts';

/** Tells an image's event: its labels and the name that the action was about. */
export function publishImage(engine: Pick<Engine, 'events'>, action: string, image: Image, name: string = image.id): void {
  engine.events.publish('image', action, image.id, { ...image.config.config?.Labels, name });
}
