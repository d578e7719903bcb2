/** What stands in the way of deleting an image. Hard conflicts hold even under force. */
import { Conflict } from '#base';
import type { Image } from '#images';
import type { ContainerRecord } from '../containers/record.ts';
import type { Engine } from '../context.ts';

type Room = Pick<Engine, 'images' | 'containers' | 'supervisor'>;

/** `references`: tags and digests count too. `stopped`: so do containers that do not run. */
export interface Checks {
  readonly references: boolean;
  readonly stopped: boolean;
}

/** Throws Conflict in Docker's words (`conflict: unable to delete 7e30a5cc1b70 (must be forced) - …`). */
export function checkConflicts(engine: Room, image: Image, checks: Checks): void {
  const found = conflictOf(engine, image, checks);
  if (!found) return;
  const manner = found.hard ? 'cannot be forced' : 'must be forced';
  throw new Conflict(`conflict: unable to delete ${shortId(image.id)} (${manner}) - ${found.reason}`);
}

/** Twelve digits, without the algorithm. */
export function shortId(id: string): string {
  return id.slice(id.indexOf(':') + 1).slice(0, 12);
}

function conflictOf(engine: Room, image: Image, checks: Checks): { hard: boolean; reason: string } | undefined {
  if (engine.images.list().some((other) => other.parent === image.id)) return { hard: true, reason: 'image has dependent child images' };
  const users = engine.containers.list().filter((container) => usesImage(container, image));
  const running = users.find((container) => isRunning(engine, container.id));
  if (running) return { hard: true, reason: `image is being used by running container ${shortId(running.id)}` };
  if (checks.references && image.tags.length + image.digests.length > 0) {
    return { hard: false, reason: 'image is referenced in multiple repositories' };
  }
  const [stopped] = users;
  if (checks.stopped && stopped) return { hard: false, reason: `image is being used by stopped container ${shortId(stopped.id)}` };
  return undefined;
}

/** It was made from it, or mounts it. */
export function usesImage(container: ContainerRecord, image: Image): boolean {
  return container.image === image.id || container.wantedMounts.some((mount) => mount.image?.id === image.id);
}

/** Paused and restarting containers run, for this purpose. */
function isRunning(engine: Pick<Engine, 'supervisor'>, id: string): boolean {
  const status = engine.supervisor.state(id)?.status;
  return status === 'running' || status === 'paused' || status === 'restarting';
}
