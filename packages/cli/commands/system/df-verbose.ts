/** `system df -v`: every image, container, volume and build cache. */
import { humanSize } from '#base';
import type { BuildCacheRecord, DiskUsage } from '#client';
import { formatList, type ListFormat, type Row, rowJson, structOf } from '../../format/table.ts';
import { shortId } from '../../format/text.ts';
import { goTimeOf } from '../../format/time.ts';
import { humanDuration } from '../../format/units.ts';
import { containerFormat, containerRow } from '../container/list-format.ts';
import { imageFormat, imageRow } from '../image/list-format.ts';
import { execute, goJson, parseTemplate, recordFields, Struct } from '../../template/index.ts';
import { volumeFormat, volumeRow } from '../volume/list-format.ts';

const imageTable = 'table {{.Repository}}\t{{.Tag}}\t{{.ID}}\t{{.CreatedSince}}\t{{.Size}}\t{{.SharedSize}}\t{{.UniqueSize}}\t{{.Containers}}';
const containerTable = 'table {{.ID}}\t{{.Image}}\t{{.Command}}\t{{.LocalVolumes}}\t{{.Size}}\t{{.RunningFor}}\t{{.Status}}\t{{.Names}}';

const cacheFormat: ListFormat = {
  type: '*formatter.buildCacheContext',
  headings: {
    ID: 'CACHE ID', CacheType: 'CACHE TYPE', Size: 'SIZE', CreatedSince: 'CREATED', LastUsedSince: 'LAST USED', UsageCount: 'USAGE', Shared: 'SHARED', Description: 'DESCRIPTION', InUse: 'IN USE', Parent: 'PARENT',
  },
  table: 'table {{.ID}}\t{{.CacheType}}\t{{.Size}}\t{{.CreatedSince}}\t{{.LastUsedSince}}\t{{.UsageCount}}\t{{.Shared}}',
  raw: `build_cache_id: {{.ID}}
parent_id: {{.Parent}}
build_cache_type: {{.CacheType}}
description: {{.Description}}
created_at: {{.CreatedAt}}
created_since: {{.CreatedSince}}
last_used_at: {{.LastUsedAt}}
last_used_since: {{.LastUsedSince}}
usage_count: {{.UsageCount}}
in_use: {{.InUse}}
shared: {{.Shared}}
`,
};

/** The whole page. `now` in milliseconds. */
export function verboseUsage(usage: DiskUsage, now: number): string {
  const { images, containers, volumes, caches } = rowsOf(usage, now, true);
  const size = (usage.BuildCache ?? []).filter(({ Shared }) => !Shared).reduce((total, { Size }) => total + Size, 0);
  return [
    `Images space usage:\n\n${formatList(imageFormat(false, false), images, imageTable)}`,
    `Containers space usage:\n\n${formatList(containerFormat(false, true), containers, containerTable)}`,
    `Local Volumes space usage:\n\n${formatList(volumeFormat(false), volumes, 'table {{.Name}}\t{{.Links}}\t{{.Size}}')}`,
    `Build cache usage: ${humanSize(size)}\n\n${formatList(cacheFormat, caches, 'table')}`,
  ].join('\n');
}

/** All of it through a template, or as one JSON object. Throws InvalidArgument. */
export function verboseBy(format: string, usage: DiskUsage, now: number): string {
  if (format === 'table') return verboseUsage(usage, now);
  const { images, containers, volumes, caches } = rowsOf(usage, now, false);
  const whole = { Images: images.map(rowJson), Containers: containers.map(rowJson), Volumes: volumes.map(rowJson), BuildCache: caches.map(rowJson) };
  if (format === 'json') return goJson(whole);
  const structs = (kind: ListFormat, rows: readonly Row[]): Struct[] => rows.map((row) => structOf(kind, row));
  const shown = { Images: structs(imageFormat(false, false), images), Containers: structs(containerFormat(false, true), containers), Volumes: structs(volumeFormat(false), volumes), BuildCache: structs(cacheFormat, caches) };
  return execute(parseTemplate(format === 'raw' ? rawPage() : format), new Struct('*formatter.diskUsageContext', recordFields(shown), () => whole));
}

/** `raw`: every object's own raw form under its kind. */
function rawPage(): string {
  const kinds = { Images: ['Image', imageFormat(false, true)], Containers: ['Container', containerFormat(false, true)], Volumes: ['Volume', volumeFormat(false)], BuildCache: ['Build Cache', cacheFormat] } as const;
  return Object.entries(kinds).map(([list, [kind, { raw = '' }]]) => `{{range .${list}}}type: ${kind}\n${raw}\n{{end -}}`).join('\n');
}

function rowsOf(usage: DiskUsage, now: number, short: boolean): Record<'images' | 'containers' | 'volumes' | 'caches', Row[]> {
  return {
    images: (usage.Images ?? []).map((image) => imageRow(image, now, short)),
    containers: (usage.Containers ?? []).map((container) => containerRow({ ...container, SizeRootFs: 0 }, now, short)),
    volumes: (usage.Volumes ?? []).map(volumeRow),
    caches: (usage.BuildCache ?? []).toSorted(byLastUse).map((cache) => cacheRow(cache, now, short)),
  };
}

/** Those never used first. */
function byLastUse(a: BuildCacheRecord, b: BuildCacheRecord): number {
  const used = ({ LastUsedAt }: BuildCacheRecord): number => (LastUsedAt ? Date.parse(LastUsedAt) : -Infinity);
  if (used(a) === used(b)) return a.ID < b.ID ? -1 : 1;
  return used(a) - used(b);
}

function cacheRow(cache: BuildCacheRecord, now: number, short: boolean): Row {
  const ago = (time: string | null | undefined): string => (time ? `${humanDuration((now - Date.parse(time)) / 1000)} ago` : '');
  return {
    ID: (short ? shortId(cache.ID) : cache.ID) + (cache.InUse ? '*' : ''), Parent: '', CacheType: cache.Type, Description: cache.Description, Size: humanSize(cache.Size, 3),
    CreatedAt: goTimeOf(cache.CreatedAt), CreatedSince: ago(cache.CreatedAt), LastUsedAt: cache.LastUsedAt ? goTimeOf(cache.LastUsedAt) : '', LastUsedSince: ago(cache.LastUsedAt), UsageCount: String(cache.UsageCount), InUse: String(cache.InUse), Shared: String(cache.Shared),
  };
}
