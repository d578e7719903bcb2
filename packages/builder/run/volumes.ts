import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { makeDirectory } from '#snapshots';
import type { BuildSupervisor } from '../needs.ts';

/** A RUN finds the image's volumes as directories, whether the image has files there or not. `id` is its container, not yet started. */
export async function makeVolumeDirectories(supervisor: Pick<BuildSupervisor, 'withRoot'>, id: string, volumes: readonly string[]): Promise<void> {
  if (volumes.length > 0) await supervisor.withRoot(id, async (root) => volumes.forEach((volume) => makeDirectory(root, volume)));
}

/**
 * Throws away what a RUN changed below the image's volumes. Docker mounts an anonymous volume at each while the command
 * runs, so that nothing written there gets into the image; the directory itself stays. `upper` holds the step's changes.
 */
export function discardVolumes(upper: string, volumes: readonly string[]): void {
  for (const volume of volumes) {
    const directory = directoryIn(upper, volume);
    if (directory === undefined) continue;
    for (const name of readdirSync(directory)) rmSync(join(directory, name), { recursive: true, force: true });
  }
}

/** The path below `upper`, undefined when the step made no directory there: links lead nowhere outside. */
function directoryIn(upper: string, path: string): string | undefined {
  let directory = upper;
  for (const part of join('/', path).split('/').filter(Boolean)) {
    directory = join(directory, part);
    if (!lstatSync(directory, { throwIfNoEntry: false })?.isDirectory()) return undefined;
  }
  return directory === upper ? undefined : directory;
}
