import { InvalidArgument } from '#base';
import { calls, encodeFilters } from '#client';
import { noArguments } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { bool } from '../../command/flag-types.ts';
import { speaks } from '../../support.ts';
import { deletedNames, type Prune, pruneAfterAsking, pruneFlags, warningOf } from '../prune.ts';

/** `volume prune`. */
export default command({
  usage: '[OPTIONS]',
  takes: noArguments,
  flags: { all: bool('Remove all unused volumes, not just anonymous ones', { short: 'a', since: '1.42' }), ...pruneFlags('label=<label>') },
  async run({ flags }, cli) {
    if (flags.all && flags.filter.has('all')) throw new InvalidArgument('conflicting options: cannot specify both --all and --filter all=1');
    const all = flags.all || !(await speaks(cli, '1.42')); // older engines take named ones too
    const question = warningOf(`${all ? 'all' : 'anonymous'} local volumes not used by at least one container`);
    await pruneAfterAsking(cli, flags, question, [pruneVolumes(flags.all)]);
  },
});

/** The anonymous ones, or all. */
export function pruneVolumes(all: boolean): Prune {
  return async (engine, filters) => {
    const query = { filters: encodeFilters(all ? new Map(filters).set('all', ['true']) : filters) };
    const { VolumesDeleted, SpaceReclaimed } = await engine.call(calls.volumePrune, { query });
    return { deleted: deletedNames('Volumes', VolumesDeleted), reclaimed: VolumesDeleted?.length ? SpaceReclaimed : 0 };
  };
}
