/**
 * `docker rmi`. A tag or digest goes first; the image goes with its last reference. An id takes all references with it
 * when they are of one repository, or under force. What the image was built from goes too, as far as nobody needs it.
 */
import { Conflict, InvalidArgument, isKind } from '#base';
import type { Image } from '#images';
import { familiarReference, parseReference, repositoryOf, withDefaultTag, type ImageDeleteItem, type ImageRef } from '#spec';
import type { Engine } from '../context.ts';
import { checkConflicts, shortId, usesImage, type Checks } from './conflict.ts';
import { publishImage } from './publish.ts';

type Room = Pick<Engine, 'images' | 'containers' | 'supervisor' | 'events'>;

export interface RemoveImage {
  readonly force: boolean;
  /** Parents that nobody needs go too. */
  readonly prune: boolean;
}

/** Says what was untagged and deleted, in order. Throws NotFound, Conflict, InvalidArgument. */
export async function removeImage(engine: Room, name: string, options: RemoveImage): Promise<ImageDeleteItem[]> {
  if (name.trim() === '') throw new InvalidArgument('image name cannot be blank');
  const image = engine.images.find(name);
  const done: ImageDeleteItem[] = [];
  if (!namesId(image, name)) {
    removeReference(engine, image, name, options.force, done);
    if (referencesOf(current(engine, image)).length > 0) return done;
    await deleteUnlessNeeded(engine, current(engine, image), { references: true, stopped: !options.force }, options.prune, done);
    return done;
  }
  if (isSingle(referencesOf(image))) {
    checkConflicts(engine, image, { references: false, stopped: !options.force });
    for (const ref of referencesOf(image)) untag(engine, image, ref, done);
  }
  await deleteImage(engine, current(engine, image), { references: !options.force, stopped: !options.force }, options.prune, done);
  return done;
}

/** True when `name` is the image's id or the beginning of it. */
function namesId(image: Image, name: string): boolean {
  return image.id.startsWith(name) || image.id.slice(image.id.indexOf(':') + 1).startsWith(name);
}

function referencesOf(image: Image): ImageRef[] {
  return [...image.tags, ...image.digests];
}

/** The image as it is now, after references went. */
function current(engine: Pick<Engine, 'images'>, image: Image): Image {
  return engine.images.lookup(image.id) ?? image;
}

/** One reference, or one repository's tag and the digests by which it came. */
function isSingle(references: readonly ImageRef[]): boolean {
  if (references.length <= 1) return true;
  const tags = references.filter((ref) => ref.digest === undefined);
  const repositories = new Set(references.filter((ref) => ref.digest !== undefined).map(repositoryOf));
  if (tags.length > 1) return false;
  return repositories.size === 1 && tags.every((tag) => repositories.has(repositoryOf(tag)));
}

function untag(engine: Room, image: Image, ref: ImageRef, done: ImageDeleteItem[]): void {
  engine.images.untag(ref);
  done.push({ Untagged: familiarReference(ref) });
  publishImage(engine, 'untag', image);
}

/** With a repository's last tag its digests go as well. Conflict when a container uses what would be left nameless. */
function removeReference(engine: Room, image: Image, name: string, force: boolean, done: ImageDeleteItem[]): void {
  if (!force && isSingle(referencesOf(image))) {
    const user = engine.containers.list().find((container) => usesImage(container, image));
    if (user) {
      throw new Conflict(
        `conflict: unable to remove repository reference "${name}" (must force) - container ${shortId(user.id)} is using its referenced image ${shortId(image.id)}`,
      );
    }
  }
  const ref = withDefaultTag(parseReference(name));
  untag(engine, image, ref.digest === undefined ? ref : { ...ref, tag: undefined }, done);
  const repository = repositoryOf(ref);
  const left = current(engine, image);
  if (ref.digest !== undefined || left.tags.some((tag) => repositoryOf(tag) === repository)) return;
  for (const digest of left.digests) {
    if (repositoryOf(digest) !== repository) continue;
    engine.images.untag(digest);
    done.push({ Untagged: familiarReference(digest) });
  }
}

/** Deletes the image, then its parents one by one as far as nobody needs them. Throws Conflict for the image itself. */
async function deleteImage(engine: Room, image: Image, checks: Checks, prune: boolean, done: ImageDeleteItem[]): Promise<void> {
  checkConflicts(engine, image, checks);
  for (const ref of referencesOf(image)) untag(engine, image, ref, done);
  const { deleted } = await engine.images.remove(image.id, { prune: false });
  engine.events.publish('image', 'delete', image.id, { name: image.id }); // its labels are gone with it
  done.push(...deleted.map((id) => ({ Deleted: id })));
  const parent = prune && image.parent !== undefined ? engine.images.lookup(image.parent) : undefined;
  if (parent) await deleteUnlessNeeded(engine, parent, { references: true, stopped: true }, true, done);
}

/** The same for an image that nobody named: what stands in the way keeps it. */
async function deleteUnlessNeeded(engine: Room, image: Image, checks: Checks, prune: boolean, done: ImageDeleteItem[]): Promise<void> {
  try {
    await deleteImage(engine, image, checks, prune, done);
  } catch (error) {
    if (!isKind(error, 'Conflict')) throw error;
  }
}
