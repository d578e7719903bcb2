/** The build context on disk: where the Dockerfile lies in it, and what `.dockerignore` leaves out of it. */
import { readFile, readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Internal, InvalidArgument, messageOf, tolerate } from '#base';
import { IgnorePatterns, parseIgnoreFile } from '#spec';
import { pathInContext } from './copy/path.ts';

export interface DockerfileText {
  /** As its messages call it. */
  readonly name: string;
  readonly text: string;
}

/** Reads the Dockerfile; the default name may be written `dockerfile`. Throws Internal when there is none, as dockerd does. */
export async function readDockerfile(context: string, name: string): Promise<DockerfileText> {
  const names = name === 'Dockerfile' ? [name, 'dockerfile'] : [name];
  for (const each of names) {
    const text = await textOf(await pathInContext(context, each));
    if (text !== undefined) return { name: each, text };
  }
  throw new Internal(`Cannot locate specified Dockerfile: ${name}`);
}

/**
 * Deletes what `.dockerignore` names, or the Dockerfile's own (`NAME.dockerignore`) in its place. The docker client leaves it out already, but for the Dockerfile and the
 * `.dockerignore` itself, which it must send; other clients may send everything.
 */
export async function applyIgnoreFile(context: string, dockerfile: string): Promise<void> {
  const own = await textOf(await pathInContext(context, `${dockerfile}.dockerignore`));
  const text = own ?? (await textOf(await pathInContext(context, '.dockerignore')));
  if (text !== undefined) await removeExcluded(context, '', ignorePatterns(text));
}

function ignorePatterns(text: string): IgnorePatterns {
  try {
    return new IgnorePatterns(parseIgnoreFile(text));
  } catch (error) {
    throw new InvalidArgument(`error reading .dockerignore: ${messageOf(error)}`, { cause: error });
  }
}

/** Deletes what the patterns name below `below`. True when something is left. An excluded directory stays for what is excepted below it, and goes when nothing is. */
export async function removeExcluded(context: string, below: string, patterns: IgnorePatterns): Promise<boolean> {
  let left = false;
  for (const entry of await readdir(join(context, below), { withFileTypes: true })) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    const excluded = patterns.excludes(path);
    if (excluded && !(entry.isDirectory() && patterns.hasExceptions)) await rm(join(context, path), { recursive: true });
    else if (!entry.isDirectory()) left = true;
    else if ((await removeExcluded(context, path, patterns)) || !excluded) left = true;
    else await rmdir(join(context, path));
  }
  return left;
}

async function textOf(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(tolerate(['ENOENT', 'ENOTDIR'], undefined));
}
