/** What every kind of step shares. */
import { randomBytes } from 'node:crypto';
import { InvalidArgument } from '#base';
import type { ContainerDefaults } from '#spec';
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
 * since that is what a build looks like and what an image names as its container.
 */
export async function asContainer(session: Session, work: (id: string) => Promise<void>): Promise<void> {
  const id = newContainerId();
  session.output.runningIn(id);
  await work(id);
  tellRemoved(session, id);
}

/** `--rm=false` says nothing; containers of a build are never kept. */
export function tellRemoved(session: Session, id: string): void {
  if (session.request.removeIntermediate || session.request.forceRemove) session.output.removed(id);
}

export function newContainerId(): string {
  return randomBytes(32).toString('hex');
}

/** Refuses what only BuildKit does. */
export function requiresBuildKit(what: string): never {
  throw new InvalidArgument(
    `the ${what} requires BuildKit. Refer to https://docs.docker.com/go/buildkit/ to learn how to build images with BuildKit enabled`,
  );
}
