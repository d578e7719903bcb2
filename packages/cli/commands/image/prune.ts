import { calls, encodeFilters, type ImageDeletion } from '#client';
import { noArguments } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { bool } from '../../command/flag-types.ts';
import { type Prune, pruneAfterAsking, pruneFlags, warningOf } from '../prune.ts';

/** `image prune`. */
export default command({
  usage: '[OPTIONS]',
  takes: noArguments,
  flags: { all: bool('Remove all unused images, not just dangling ones', { short: 'a' }), ...pruneFlags('until=<timestamp>') },
  async run({ flags }, cli) {
    const question = warningOf(flags.all ? 'all images without at least one container associated to them' : 'all dangling images');
    await pruneAfterAsking(cli, flags, question, [pruneImages(flags.all)]);
  },
});

/** The dangling ones, or all that no container uses. */
export function pruneImages(all: boolean): Prune {
  return async (engine, filters) => {
    const query = { filters: encodeFilters(new Map(filters).set('dangling', [String(!all)])) };
    const { ImagesDeleted, SpaceReclaimed } = await engine.call(calls.imagePrune, { query });
    return { deleted: deletedImages(ImagesDeleted ?? []), reclaimed: ImagesDeleted?.length ? SpaceReclaimed : 0 };
  };
}

function deletedImages(deleted: readonly ImageDeletion[]): string {
  if (deleted.length === 0) return '';
  const lines = deleted.map(({ Untagged, Deleted }) => (Untagged ? `untagged: ${Untagged}\n` : `deleted: ${Deleted ?? ''}\n`));
  return `Deleted Images:\n${lines.join('')}\n`;
}
