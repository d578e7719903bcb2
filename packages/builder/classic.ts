import { mkdirSync, rmSync } from 'node:fs';
import { InvalidArgument, type Database, type Digest } from '#base';
import { familiarReference, parseReference, withDefaultTag, type ImageRef } from '#spec';
import { BuildCache, CacheProbe } from './cache.ts';
import { applyChanges } from './change.ts';
import { applyIgnoreFile, readDockerfile } from './context.ts';
import { diskTrees } from './copy/disk-trees.ts';
import type { Trees } from './copy/trees.ts';
import { execute } from './execute.ts';
import { Output } from './output.ts';
import { planBuild, type Plan } from './plan.ts';
import type { BuildEvents, Builder, BuildRequest } from './port.ts';
import { recoverBuilds } from './recover.ts';
import type { RunDefaults } from './run/spec.ts';
import type { BuildImages, BuildSnapshots, BuildSupervisor } from './needs.ts';
import type { Session } from './session.ts';
import { StageResults } from './stages.ts';

export interface ClassicBuilderOptions {
  readonly db: Database;
  readonly images: BuildImages;
  readonly snapshots: BuildSnapshots;
  readonly supervisor: BuildSupervisor;
  /** A directory of the builder's own, emptied at start: what it downloads lies there for a while. */
  readonly scratch: string;
  readonly defaults: RunDefaults;
  /** Written into images as `docker_version`. */
  readonly version: string;
  /** How files are copied and unpacked; on the real disk unless told otherwise. */
  readonly trees?: Trees;
}

/** The builder that `docker build` without BuildKit talks to, and Naru's own until then. */
export function classicBuilder(options: ClassicBuilderOptions): Builder {
  rmSync(options.scratch, { recursive: true, force: true });
  mkdirSync(options.scratch, { recursive: true, mode: 0o700 });
  const cache = new BuildCache(options.db, options.images);
  return {
    build: (request, events) => build(options, cache, request, events),
    change: applyChanges,
    recover: () => recoverBuilds(options.supervisor, options.snapshots),
  };
}

async function build(options: ClassicBuilderOptions, cache: BuildCache, request: BuildRequest, events: BuildEvents): Promise<Digest> {
  const tags = uniqueTags(request.tags);
  const plan = await planOf(request);
  const output = new Output(events);
  const session = sessionOf(options, cache, request, output, events);
  const built = await executed(plan, session);
  const image = request.squash ? await squashed(options, built, output) : built.image.id;
  for (const tag of tags) options.images.tag(tag, image);
  output.done(image, tags.map(familiarReference));
  return image;
}

async function squashed({ images }: ClassicBuilderOptions, { image, base }: Awaited<ReturnType<typeof execute>>, output: Output): Promise<Digest> {
  const { id } = await images.squash(image, base);
  output.squashed(id);
  return id;
}

async function planOf(request: BuildRequest): Promise<Plan> {
  const { name, text } = await readDockerfile(request.context, request.dockerfile);
  const plan = planBuild(text, name, request);
  await applyIgnoreFile(request.context, name);
  return plan;
}

/** Whatever the outcome, the containers of the build are gone when this returns. */
async function executed(plan: Plan, session: Session): ReturnType<typeof execute> {
  try {
    return await execute(plan, session);
  } finally {
    await Promise.all(session.later);
  }
}

function sessionOf(options: ClassicBuilderOptions, cache: BuildCache, request: BuildRequest, output: Output, events: BuildEvents): Session {
  const { images } = options;
  const from = request.cacheFrom.length === 0 ? undefined : request.cacheFrom.map((name) => images.lookup(name)).filter((image) => image !== undefined);
  return {
    ...options,
    trees: options.trees ?? diskTrees,
    request,
    output,
    progress: (progress) => events.progress(progress),
    keep: (container) => events.keep(container),
    made: (container) => events.made(container),
    gone: (id) => events.gone(id),
    cache: new CacheProbe(cache, images, { off: request.noCache, from }),
    stages: new StageResults(),
    unpacked: new Set(),
    later: [],
  };
}

/** Throws InvalidArgument for a name that cannot be one, before anything is built. */
function uniqueTags(names: readonly string[]): ImageRef[] {
  const tags = new Map<string, ImageRef>();
  for (const name of names) {
    const ref = withDefaultTag(parseReference(name));
    if (ref.digest !== undefined) throw new InvalidArgument('build tag cannot contain a digest');
    tags.set(familiarReference(ref), ref);
  }
  return [...tags.values()];
}
