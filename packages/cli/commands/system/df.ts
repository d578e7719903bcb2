import { humanSize } from '#base';
import { calls, type DiskUsage } from '#client';
import { noArguments } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { bool } from '../../command/flag-types.ts';
import { listFormat } from '../../command/format-flag.ts';
import { formatList, type ListFormat, type Row } from '../../format/table.ts';
import { verboseBy, verboseUsage } from './df-verbose.ts';

const format: ListFormat = {
  type: '*formatter.diskUsageImagesContext',
  headings: { Type: 'TYPE', TotalCount: 'TOTAL', Active: 'ACTIVE', Size: 'SIZE', Reclaimable: 'RECLAIMABLE' },
  table: 'table {{.Type}}\t{{.TotalCount}}\t{{.Active}}\t{{.Size}}\t{{.Reclaimable}}',
  raw: 'type: {{.Type}}\ntotal: {{.TotalCount}}\nactive: {{.Active}}\nsize: {{.Size}}\nreclaimable: {{.Reclaimable}}\n',
};

/** `system df`: what images, containers, volumes and build caches take, and what of it could go. */
export default command({
  usage: '[OPTIONS]',
  takes: noArguments,
  flags: {
    format: listFormat(),
    verbose: bool('Show detailed information on space usage', { short: 'v' }),
  },
  async run({ flags }, cli) {
    const usage = await cli.engine().call(calls.diskUsage, { signal: cli.interrupted });
    if (flags.verbose) cli.stdout.write(flags.format === '' ? verboseUsage(usage, cli.now()) : verboseBy(flags.format, usage, cli.now()));
    else cli.stdout.write(formatList(format, [images(usage), containers(usage), volumes(usage), caches(usage)], flags.format || 'table'));
  },
});

function row(type: string, total: number, active: number, size: number, reclaimable: string): Row {
  return { Type: type, TotalCount: String(total), Active: String(active), Size: humanSize(size), Reclaimable: reclaimable };
}

function share(part: number, whole: number): string {
  return whole > 0 ? `${humanSize(part)} (${Math.trunc((part * 100) / whole)}%)` : humanSize(part);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}

function images({ Images, LayersSize }: DiskUsage): Row {
  const all = Images ?? [];
  const used = all.filter((image) => image.Containers > 0);
  const held = sum(used.filter((image) => image.Size !== -1 && image.SharedSize !== -1).map((image) => image.Size - image.SharedSize));
  return row('Images', all.length, used.length, LayersSize, share(LayersSize - held, LayersSize));
}

function containers({ Containers }: DiskUsage): Row {
  const all = Containers ?? [];
  const active = all.filter(({ State }) => /running|paused|restarting/.test(State));
  const size = sum(all.map(({ SizeRw = 0 }) => SizeRw));
  return row('Containers', all.length, active.length, size, share(size - sum(active.map(({ SizeRw = 0 }) => SizeRw)), size));
}

function volumes({ Volumes }: DiskUsage): Row {
  const all = Volumes ?? [];
  const known = all.filter(({ UsageData }) => UsageData && UsageData.Size !== -1);
  const size = sum(known.map(({ UsageData }) => UsageData?.Size ?? 0));
  const free = sum(known.filter(({ UsageData }) => UsageData?.RefCount === 0).map(({ UsageData }) => UsageData?.Size ?? 0));
  return row('Local Volumes', all.length, all.filter(({ UsageData }) => (UsageData?.RefCount ?? 0) > 0).length, size, share(free, size));
}

function caches({ BuildCache }: DiskUsage): Row {
  const all = BuildCache ?? [];
  const own = all.filter(({ Shared }) => !Shared);
  const size = sum(own.map(({ Size }) => Size));
  return row('Build Cache', all.length, all.filter(({ InUse }) => InUse).length, size, humanSize(size - sum(own.filter(({ InUse }) => InUse).map(({ Size }) => Size))));
}
