/** `GET /system/df` since API 1.52: counts and sums for each kind, with `verbose` the things themselves. Bytes. */
import type { DiskUsage } from './df.ts';

interface Figures {
  readonly ActiveCount: number;
  readonly TotalCount: number;
  readonly Reclaimable: number;
  readonly TotalSize: number;
  readonly Items?: readonly unknown[];
}

/** One entry for each kind that was asked. */
export function usageFigures(usage: DiskUsage, options: { readonly verbose: boolean }): Record<string, Figures> {
  const figures: Record<string, Figures> = {};
  if (usage.Images) figures['ImageUsage'] = imageFigures(usage.Images, usage.LayersSize);
  if (usage.Containers) figures['ContainerUsage'] = sums(usage.Containers, ({ SizeRw = 0 }) => SizeRw, ({ State }) => ['running', 'paused', 'restarting'].includes(State));
  if (usage.Volumes) figures['VolumeUsage'] = sums(usage.Volumes, ({ UsageData }) => Math.max(UsageData?.Size ?? 0, 0), ({ UsageData }) => (UsageData?.RefCount ?? 0) > 0);
  if (usage.BuildCache) figures['BuildCacheUsage'] = sums(usage.BuildCache, () => 0, () => false);
  if (!options.verbose) return figures;
  const items: Record<string, readonly unknown[] | null> = { ImageUsage: usage.Images, ContainerUsage: usage.Containers, VolumeUsage: usage.Volumes, BuildCacheUsage: usage.BuildCache };
  return Object.fromEntries(Object.entries(figures).map(([kind, figure]) => [kind, { ...figure, Items: items[kind] ?? [] }]));
}

/** Layers that several images share count once. */
function imageFigures(images: NonNullable<DiskUsage['Images']>, layersSize: number): Figures {
  const active = images.filter(({ Containers }) => Containers > 0);
  const used = active.reduce((sum, { Size, SharedSize }) => sum + Size - Math.max(SharedSize, 0), 0);
  return { ActiveCount: active.length, TotalCount: images.length, Reclaimable: Math.max(layersSize - used, 0), TotalSize: layersSize };
}

function sums<T>(things: readonly T[], size: (thing: T) => number, isActive: (thing: T) => boolean): Figures {
  const total = things.reduce((sum, thing) => sum + size(thing), 0);
  const active = things.filter(isActive);
  return { ActiveCount: active.length, TotalCount: things.length, Reclaimable: total - active.reduce((sum, thing) => sum + size(thing), 0), TotalSize: total };
}
