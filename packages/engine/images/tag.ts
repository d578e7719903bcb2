import { InvalidArgument } from '#base';
import { familiarReference, familiarRepository, parseReference, withDefaultTag, withTag, type ImageRef } from '#spec';
import type { Engine } from '../context.ts';
import { publishImage } from './publish.ts';

/** Points `repo:tag` at the image called `name`; false when no repository is named, which asks for nothing. Throws NotFound, InvalidArgument. */
export function tagImage(engine: Pick<Engine, 'images' | 'events'>, name: string, repo: string, tag: string): boolean {
  const ref = repositoryTag(repo, tag);
  if (!ref) return false;
  if (familiarRepository(ref) === 'sha256') throw new InvalidArgument('refusing to create an ambiguous tag using digest algorithm as name');
  const image = engine.images.find(name);
  engine.images.tag(ref, image.id);
  publishImage(engine, 'tag', image, familiarReference(ref));
  return true;
}

/** The reference that `repo` and `tag` parameters name together; undefined without a repository. Throws InvalidArgument. */
export function repositoryTag(repo: string, tag: string): ImageRef | undefined {
  if (repo === '') return undefined;
  const ref = parseReference(repo);
  if (ref.digest) throw new InvalidArgument('cannot import digest reference');
  return tag === '' ? withDefaultTag(ref) : withTag(ref, tag);
}
