import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { IgnorePatterns } from '#spec';
import { removeExcluded } from '../context.ts';
import type { Session } from '../session.ts';
import type { Source } from './sources.ts';

/**
 * The sources without what `--exclude` names: a file by its own name, what is in a directory by its path there. A
 * directory is copied first, so that what goes is gone for its checksum too.
 */
export async function withoutExcluded(session: Session, sources: readonly Source[], exclude: readonly string[], fetched: AsyncDisposableStack): Promise<Source[]> {
  const patterns = new IgnorePatterns(exclude);
  const left: Source[] = [];
  for (const source of sources) {
    if (source.directory) left.push(await filtered(session, source, patterns, fetched));
    else if (!patterns.excludes(source.name)) left.push(source);
  }
  return left;
}

async function filtered(session: Session, source: Source, patterns: IgnorePatterns, fetched: AsyncDisposableStack): Promise<Source> {
  const directory = await mkdtemp(join(session.scratch, 'exclude-'));
  fetched.defer(() => rm(directory, { recursive: true, force: true }));
  await session.trees.copy(source.path, directory, { owner: undefined });
  await removeExcluded(directory, '', patterns);
  return { ...source, path: directory, checksum: `dir:${await session.trees.checksum(directory, { owners: true })}` };
}
