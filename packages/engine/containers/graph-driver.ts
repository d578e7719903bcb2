/** Inspect's `GraphDriver`: where the layers lie, for people and tools that look below. */
import type { Snapshotter } from '#snapshots';

export function graphDriver(snapshots: Pick<Snapshotter, 'driver' | 'lowerPaths' | 'mounts' | 'stat'>, key: string): { Data: Record<string, string> | null; Name: string } {
  if (!snapshots.stat(key)) return { Data: null, Name: snapshots.driver };
  const [upper = '', ...lower] = snapshots.lowerPaths(key);
  const work = snapshots.mounts(key)[0]?.options.find((option) => option.startsWith('workdir='))?.slice('workdir='.length) ?? '';
  const merged = upper.replace(/[^/]*$/, 'merged');
  return { Data: { LowerDir: lower.join(':'), MergedDir: merged, UpperDir: upper, WorkDir: work }, Name: snapshots.driver };
}
