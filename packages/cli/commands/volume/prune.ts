import { humanSize, InvalidArgument } from '#base';
import { calls, encodeFilters } from '#client';
import { noArguments } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { bool, filter } from '../../command/flag-types.ts';
import { confirmed } from '../confirm.ts';
import { deletedNames } from '../deleted-names.ts';
import { pruneFilters } from '../prune-filters.ts';

const anonymous = 'WARNING! This will remove anonymous local volumes not used by at least one container.\nAre you sure you want to continue?';
const every = 'WARNING! This will remove all local volumes not used by at least one container.\nAre you sure you want to continue?';

/** `volume prune`. */
export default command({
  usage: '[OPTIONS]',
  takes: noArguments,
  flags: {
    all: bool('Remove all unused volumes, not just anonymous ones', { short: 'a', since: '1.42' }),
    filter: filter('Provide filter values (e.g. "label=<label>")'),
    force: bool('Do not prompt for confirmation', { short: 'f' }),
  },
  async run({ flags }, cli) {
    if (flags.all && flags.filter.has('all')) throw new InvalidArgument('conflicting options: cannot specify both --all and --filter all=1');
    if (!flags.force && !(await confirmed(cli, flags.all ? every : anonymous))) return;
    const filters = new Map(pruneFilters(cli, flags.filter));
    if (flags.all) filters.set('all', ['true']);
    const { VolumesDeleted, SpaceReclaimed } = await cli.engine().call(calls.volumePrune, { query: { filters: encodeFilters(filters) } });
    cli.stdout.write(`${deletedNames('Volumes', VolumesDeleted)}Total reclaimed space: ${humanSize(SpaceReclaimed)}\n`);
  },
});
