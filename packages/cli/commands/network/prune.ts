import { calls, encodeFilters } from '#client';
import { noArguments } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { bool, filter } from '../../command/flag-types.ts';
import { confirmed } from '../confirm.ts';
import { deletedNames } from '../deleted-names.ts';
import { pruneFilters } from '../prune-filters.ts';

/** `network prune`. */
export default command({
  usage: '[OPTIONS]',
  takes: noArguments,
  flags: {
    filter: filter('Provide filter values (e.g. "until=<timestamp>")'),
    force: bool('Do not prompt for confirmation', { short: 'f' }),
  },
  async run({ flags }, cli) {
    if (!flags.force && !(await confirmed(cli, 'WARNING! This will remove all custom networks not used by at least one container.\nAre you sure you want to continue?'))) return;
    const { NetworksDeleted } = await cli.engine().call(calls.networkPrune, { query: { filters: encodeFilters(pruneFilters(cli, flags.filter)) } });
    cli.stdout.write(deletedNames('Networks', NetworksDeleted));
  },
});
