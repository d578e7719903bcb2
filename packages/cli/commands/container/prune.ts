import { calls, encodeFilters } from '#client';
import { noArguments } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { deletedNames, type Prune, pruneAfterAsking, pruneFlags, warningOf } from '../prune.ts';

/** `container prune`. */
export default command({
  usage: '[OPTIONS]',
  takes: noArguments,
  flags: pruneFlags('until=<timestamp>'),
  run: ({ flags }, cli) => pruneAfterAsking(cli, flags, warningOf('all stopped containers'), [pruneContainers]),
});

export const pruneContainers: Prune = async (engine, filters) => {
  const { ContainersDeleted, SpaceReclaimed } = await engine.call(calls.containerPrune, { query: { filters: encodeFilters(filters) } });
  return { deleted: deletedNames('Containers', ContainersDeleted), reclaimed: ContainersDeleted?.length ? SpaceReclaimed : 0 };
};
