import { humanSize, InvalidArgument } from '#base';
import { calls, encodeFilters } from '#client';
import type { Cli } from '../../cli.ts';
import { noArguments } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { bool, filter } from '../../command/flag-types.ts';
import { confirmed } from '../confirm.ts';
import { deletedNames } from '../deleted-names.ts';
import { deletedImages } from '../image/prune.ts';
import { pruneFilters } from '../prune-filters.ts';

type Filters = ReadonlyMap<string, readonly string[]>;

/** `system prune`: containers, networks, volumes when asked, images and build caches that nothing uses. */
export default command({
  usage: '[OPTIONS]',
  takes: noArguments,
  flags: {
    all: bool('Remove all unused images not just dangling ones', { short: 'a' }),
    filter: filter('Provide filter values (e.g. "label=<key>=<value>")', { since: '1.28' }),
    force: bool('Do not prompt for confirmation', { short: 'f' }),
    volumes: bool('Prune anonymous volumes'),
  },
  async run({ flags }, cli) {
    if (flags.volumes && flags.filter.has('until')) throw new InvalidArgument('ERROR: The "until" filter is not supported with "--volumes"');
    const filters = pruneFilters(cli, flags.filter);
    if (!flags.force && !(await confirmed(cli, warning(flags.all, flags.volumes, filters)))) return;
    const reclaimed = await pruneAll(cli, filters, flags.all, flags.volumes);
    cli.stdout.write(`Total reclaimed space: ${humanSize(reclaimed)}\n`);
  },
});

function warning(all: boolean, volumes: boolean, filters: Filters): string {
  const items = [
    'all stopped containers',
    'all networks not used by at least one container',
    ...(volumes ? ['all anonymous volumes not used by at least one container'] : []),
    all ? 'all images without at least one container associated to them' : 'all dangling images',
    all ? 'all build cache' : 'unused build cache',
  ];
  const chosen = [...filters].flatMap(([name, values]) => values.map((value) => `${name}=${value}`)).sort();
  const limits = chosen.length === 0 ? '' : `\n  Items to be pruned will be filtered with:\n${chosen.map((text) => `  - ${text}\n`).join('')}`;
  return `WARNING! This will remove:\n${items.map((item) => `  - ${item}\n`).join('')}${limits}\nAre you sure you want to continue?`;
}

/** Prunes kind after kind, printing what went; gives the bytes that came free. */
async function pruneAll(cli: Cli, filters: Filters, all: boolean, volumes: boolean): Promise<number> {
  const engine = cli.engine();
  const query = { filters: encodeFilters(filters) };
  const containers = await engine.call(calls.containerPrune, { query });
  cli.stdout.write(deletedNames('Containers', containers.ContainersDeleted));
  const networks = await engine.call(calls.networkPrune, { query });
  cli.stdout.write(deletedNames('Networks', networks.NetworksDeleted));
  const gone = volumes ? await engine.call(calls.volumePrune, { query }) : undefined;
  if (gone) cli.stdout.write(deletedNames('Volumes', gone.VolumesDeleted));
  const images = await engine.call(calls.imagePrune, { query: { filters: encodeFilters(new Map(filters).set('dangling', [String(!all)])) } });
  cli.stdout.write(deletedImages(images.ImagesDeleted));
  const caches = await engine.call(calls.buildPrune, { query: { all, filters: encodeFilters(filters) ?? '' } });
  if (caches.CachesDeleted && caches.CachesDeleted.length > 0) cli.stdout.write(`Deleted build cache objects:\n${caches.CachesDeleted.map((id) => `${id}\n`).join('')}\n`);
  return containers.SpaceReclaimed + (gone?.SpaceReclaimed ?? 0) + images.SpaceReclaimed + caches.SpaceReclaimed;
}
