import { humanSize } from '#base';
import { calls, encodeFilters } from '#client';
import { noArguments } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { bool, filter } from '../../command/flag-types.ts';
import { confirmed } from '../confirm.ts';
import { deletedNames } from '../deleted-names.ts';
import { pruneFilters } from '../prune-filters.ts';

/** `container prune`. */
export default command({
  usage: '[OPTIONS]',
  takes: noArguments,
  flags: {
    filter: filter('Provide filter values (e.g. "until=<timestamp>")'),
    force: bool('Do not prompt for confirmation', { short: 'f' }),
  },
  async run({ flags }, cli) {
    if (!flags.force && !(await confirmed(cli, 'WARNING! This will remove all stopped containers.\nAre you sure you want to continue?'))) return;
    const query = { filters: encodeFilters(pruneFilters(cli, flags.filter)) };
    const { ContainersDeleted, SpaceReclaimed } = await cli.engine().call(calls.containerPrune, { query });
    cli.stdout.write(`${deletedNames('Containers', ContainersDeleted)}Total reclaimed space: ${humanSize(SpaceReclaimed)}\n`);
  },
});
