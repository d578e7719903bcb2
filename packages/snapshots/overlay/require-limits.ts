import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { InvalidArgument } from '#base';
import { directoryQuotas, fileSystemName } from '#kernel';

/** Throws InvalidArgument, in Docker's words, unless snapshots in `root` can be limited; it need not be there yet. */
export function requireLimits(root: string): void {
  if (!existsSync(root)) return requireLimits(dirname(root));
  if (directoryQuotas(root)) return;
  const name = fileSystemName(root);
  if (name !== 'xfs') throw new InvalidArgument(`Storage Option overlay2.size only supported for backingFS XFS. Found ${name}`);
  throw new InvalidArgument('Storage option overlay2.size not supported. Filesystem does not support Project Quota: Filesystem does not support, or has not enabled quotas');
}
