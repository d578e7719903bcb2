import { humanSize } from '#base';
import { calls, encodeFilters } from '#client';
import { noArguments } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { bytes } from '../../command/flag-sizes.ts';
import { bool, filter } from '../../command/flag-types.ts';
import { confirmed } from '../confirm.ts';
import { pruneFilters } from '../prune-filters.ts';

const dangling = 'WARNING! This will remove all dangling build cache. Are you sure you want to continue?';
const every = 'WARNING! This will remove all build cache. Are you sure you want to continue?';

/** `builder prune`. */
export default command({
  usage: '',
  takes: noArguments,
  flags: {
    all: bool('Remove all unused build cache, not just dangling ones', { short: 'a' }),
    filter: filter('Provide filter values (e.g. "until=24h")'),
    force: bool('Do not prompt for confirmation', { short: 'f' }),
    'keep-storage': bytes('Amount of disk space to keep for cache'),
  },
  async run({ flags }, cli) {
    if (!flags.force && !(await confirmed(cli, flags.all ? every : dangling))) return;
    const query = { all: flags.all, 'keep-storage': flags['keep-storage'] || undefined, filters: encodeFilters(pruneFilters(cli, flags.filter)) ?? '' };
    const { CachesDeleted, SpaceReclaimed } = await cli.engine().call(calls.buildPrune, { query });
    const deleted = CachesDeleted && CachesDeleted.length > 0 ? `Deleted build cache objects:\n${CachesDeleted.map((id) => `${id}\n`).join('')}\n` : '';
    cli.stdout.write(`${deleted}Total reclaimed space: ${humanSize(SpaceReclaimed)}\n`);
  },
});
