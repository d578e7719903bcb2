import { InvalidArgument } from '#base';
import { noArguments } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { compareNaturally } from '../../format/natural-order.ts';
import { bool, filter } from '../../command/flag-types.ts';
import { pruneBuildCache } from '../builder/prune.ts';
import { pruneContainers } from '../container/prune.ts';
import { pruneImages } from '../image/prune.ts';
import { pruneNetworks } from '../network/prune.ts';
import { pruneAfterAsking, type PruneFilters, pruneFlags } from '../prune.ts';
import { speaks } from '../../support.ts';
import { pruneVolumes } from '../volume/prune.ts';

/** `system prune`: containers, networks, volumes when asked, images and build caches that nothing uses. */
export default command({
  usage: '[OPTIONS]',
  takes: noArguments,
  flags: {
    all: bool('Remove all unused images not just dangling ones', { short: 'a' }),
    ...pruneFlags('label=<key>=<value>'),
    filter: filter('Provide filter values (e.g. "label=<key>=<value>")', { since: '1.28' }),
    volumes: bool('Prune anonymous volumes'),
  },
  async run({ flags }, cli) {
    if (flags.volumes && flags.filter.has('until')) throw new InvalidArgument('ERROR: The "until" filter is not supported with "--volumes"');
    const caches = await speaks(cli, '1.31');
    const kinds = [pruneContainers, pruneNetworks, ...(flags.volumes ? [pruneVolumes(false)] : []), pruneImages(flags.all), ...(caches ? [pruneBuildCache(flags.all)] : [])];
    await pruneAfterAsking(cli, flags, (filters) => warning({ ...flags, caches }, filters), kinds);
  },
});

/** Others are sent, too, but not shown. */
const shownFilters = ['label', 'label!', 'until'];

function warning({ all, volumes, caches }: { readonly all: boolean; readonly volumes: boolean; readonly caches: boolean }, filters: PruneFilters): string {
  const items = [
    'all stopped containers',
    'all networks not used by at least one container',
    ...(volumes ? ['all anonymous volumes not used by at least one container'] : []),
    all ? 'all images without at least one container associated to them' : 'all dangling images',
    ...(caches ? [all ? 'all build cache' : 'unused build cache'] : []),
  ];
  const chosen = shownFilters.flatMap((name) => (filters.get(name) ?? []).map((value) => `${name}=${value}`)).sort(compareNaturally);
  const limits = chosen.length === 0 ? '' : `\n  Items to be pruned will be filtered with:\n${chosen.map((text) => `  - ${text}\n`).join('')}`;
  return `WARNING! This will remove:\n${items.map((item) => `  - ${item}\n`).join('')}${limits}\nAre you sure you want to continue?`;
}
