/** The working directory is there from the creation on, so that files can be copied into it before the first start. */
import { posix } from 'node:path';
import { LowerTree, makeDirectory } from '#snapshots';
import type { Engine } from '../context.ts';
import type { ContainerRecord } from './record.ts';

/** The container's snapshot must exist. Costs nothing where the image has the directory. Throws Internal in Docker's words. */
export async function makeWorkingDirectory(engine: Pick<Engine, 'supervisor' | 'snapshots'>, { id, config }: ContainerRecord): Promise<void> {
  const path = posix.resolve('/', config.WorkingDir);
  if (path === '/' || new LowerTree(engine.snapshots.lowerPaths(id)).find(path.slice(1)).kind === 'directory') return;
  await engine.supervisor.withRoot(id, async (root) => makeDirectory(root, path));
}
