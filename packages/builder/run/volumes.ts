import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

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
