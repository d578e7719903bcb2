import { calls, encodeFilters } from '#client';
import { noArguments } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { deletedNames, type Prune, pruneAfterAsking, pruneFlags, warningOf } from '../prune.ts';

/** `network prune`. */
export default command({
  usage: '[OPTIONS]',
  takes: noArguments,
  flags: pruneFlags('until=<timestamp>'),
  run: ({ flags }, cli) => pruneAfterAsking(cli, flags, warningOf('all custom networks not used by at least one container'), [pruneNetworks]),
});

export const pruneNetworks: Prune = async (engine, filters) => {
  const { NetworksDeleted } = await engine.call(calls.networkPrune, { query: { filters: encodeFilters(filters) } });
  return { deleted: deletedNames('Networks', NetworksDeleted) };
};
