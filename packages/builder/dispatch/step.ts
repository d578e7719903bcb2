/** What every kind of step shares. */
import { InvalidArgument, newId } from '#base';
import type { Image } from '#images';
import type { ContainerDefaults } from '#spec';
import { chainOf } from '../base-image.ts';
import type { BuildRequest } from '../port.ts';
import { runSpec } from '../run/spec.ts';
import type { Session } from '../session.ts';
import type { StageState } from '../state.ts';

/** Takes the step's image from the cache when it is there. */
export async function fromCache(session: Session, state: StageState, record: ContainerDefaults): Promise<boolean> {
  const hit = await session.cache.find(state.image, record);
  if (hit === undefined) return false;
  session.output.usingCache();
  state.image = hit;
  return true;
}

/**
 * Docker makes a container for every step and commits it. A step that runs nothing needs none here, yet shows one,
 * since that is what a build looks like and what an image names as its container; with `--rm=false` it is there.
 */
export async function asContainer(session: Session, state: StageState, record: ContainerDefaults, work: (id: string) => Promise<void>): Promise<void> {
  const id = newContainerId();
  const before = state.image;
  session.output.runningIn(id);
  session.made({ id, image: before?.id, config: record });
  let kept = false;
  try {
    await work(id);
    if (removesIntermediate(session.request)) session.output.removed(id);
    else kept = await keepStep(session, before, record, id);
  } finally {
    if (!kept) session.gone(id);
  }
}

/** The container that Docker would have made for a step which runs nothing: created, never started. False where it cannot be. */
export async function keepStep(session: Session, image: Image | undefined, config: ContainerDefaults, id: string): Promise<boolean> {
  if (!image) return false;
  session.request.requireLimits?.();
  const chainId = await chainOf(session, image);
  const step = { id, chainId, args: config.Cmd ?? [], buildEnv: [], config, network: '', script: undefined };
  await session.supervisor.create(runSpec(step, session.request, session.defaults));
  session.keep({ id, image: image.id, config });
  return true;
}

/** False with `--rm=false`. */
export function removesIntermediate(request: Pick<BuildRequest, 'removeIntermediate' | 'forceRemove'>): boolean {
  return request.removeIntermediate || request.forceRemove;
}

export function newContainerId(): string {
  return newId();
}

/** Refuses what only BuildKit does. */
export function requiresBuildKit(what: string): never {
  throw new InvalidArgument(
    `the ${what} requires BuildKit. Refer to https://docs.docker.com/go/buildkit/ to learn how to build images with BuildKit enabled`,
  );
}
