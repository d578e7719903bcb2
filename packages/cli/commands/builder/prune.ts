import { calls, encodeFilters } from '#client';
import { noArguments } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { bytes } from '../../command/flag-sizes.ts';
import { bool } from '../../command/flag-types.ts';
import { deletedNames, type Prune, pruneAfterAsking, pruneFlags } from '../prune.ts';

/** `builder prune`. */
export default command({
  usage: '',
  takes: noArguments,
  flags: {
    all: bool('Remove all unused build cache, not just dangling ones', { short: 'a' }),
    ...pruneFlags('until=24h'),
    'keep-storage': bytes('Amount of disk space to keep for cache'),
  },
  async run({ flags }, cli) {
    const question = `WARNING! This will remove all ${flags.all ? '' : 'dangling '}build cache. Are you sure you want to continue?`;
    await pruneAfterAsking(cli, flags, () => question, [pruneBuildCache(flags.all, flags['keep-storage'])]);
  },
});

/** What is dangling, or all; `keep` bytes stay. */
export function pruneBuildCache(all: boolean, keep = 0): Prune {
  return async (engine, filters) => {
    const query = { all, 'keep-storage': keep || undefined, filters: encodeFilters(filters) ?? '' };
    const { CachesDeleted, SpaceReclaimed } = await engine.call(calls.buildPrune, { query });
    return { deleted: deletedNames('build cache objects', CachesDeleted), reclaimed: SpaceReclaimed };
  };
}
