import { Internal, InvalidArgument, isDigest, NotFound } from '#base';
import type { Digest } from '#base';
import { familiarReference, parseReference, withDefaultTag } from '#spec';
import type { ImagesContext } from './context.ts';
import type { Image } from './port.ts';

/** The image with this id, which a row has just named. */
export function imageById(context: Pick<ImagesContext, 'records'>, id: Digest): Image {
  const image = context.records.get(id);
  if (!image) throw new Internal(`image ${id} has no record`);
  return image;
}

/**
 * Finds by full id, reference in any familiar form, or the beginning of an id; names come before beginnings of ids, as
 * in Docker. Throws NotFound (`No such image: x:latest`), or InvalidArgument for what can be neither.
 */
export function find(context: Pick<ImagesContext, 'records'>, name: string): Image {
  const id = idOf(context, name);
  const image = id && context.records.get(id);
  if (image) return image;
  throw new NotFound(`No such image: ${shownName(name)}`);
}

/** Like find, undefined when absent; '' is the image of what was made without one. */
export function lookup(context: Pick<ImagesContext, 'records'>, name: string): Image | undefined {
  if (name === '') return undefined;
  const id = idOf(context, name);
  return id && context.records.get(id);
}

function idOf({ records }: Pick<ImagesContext, 'records'>, name: string): Digest | undefined {
  if (/^[a-f0-9]{64}$/.test(name)) return `sha256:${name}` as Digest;
  if (isDigest(name)) return name;
  const ref = withDefaultTag(parseReference(name));
  const byName = ref.digest === undefined ? records.byTag(ref) : records.byDigest(ref);
  return byName ?? byPrefix(records.idsWithPrefix.bind(records), name);
}

/** The beginning of an id counts when it is one image's only. */
function byPrefix(idsWithPrefix: (prefix: string) => Digest[], name: string): Digest | undefined {
  const prefix = /^(?:sha256:)?([a-f0-9]{1,64})$/.exec(name)?.[1];
  const [id, another] = prefix === undefined ? [] : idsWithPrefix(prefix);
  return another === undefined ? id : undefined;
}

function shownName(name: string): string {
  try {
    return familiarReference(withDefaultTag(parseReference(name)));
  } catch (error) {
    if (error instanceof InvalidArgument) return name;
    throw error;
  }
}
