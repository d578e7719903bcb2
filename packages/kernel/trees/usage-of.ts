import { fileType, nodeTypes } from '../files/index.ts';
import { walk } from './walk.ts';

/** The work of treeUsage, on this thread. */
export function usageOf(path: string): { bytes: number; inodes: number } {
  const seen = new Set<string>();
  let bytes = 0;
  let inodes = 0;
  for (const { stat } of walk(path)) {
    const identity = `${stat.device}:${stat.inode}`;
    if (stat.links > 1 && seen.has(identity)) continue;
    if (stat.links > 1) seen.add(identity);
    if (fileType(stat.mode) !== nodeTypes.directory) bytes += stat.size;
    inodes++;
  }
  return { bytes, inodes };
}
