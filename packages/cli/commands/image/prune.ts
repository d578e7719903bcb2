import { humanSize } from '#base';
import { calls, encodeFilters } from '#client';
import { noArguments } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { bool, filter } from '../../command/flag-types.ts';
import { confirmed } from '../confirm.ts';
import { pruneFilters } from '../prune-filters.ts';
import type { ImageDeletion } from '#client';

const dangling = 'WARNING! This will remove all dangling images.\nAre you sure you want to continue?';
const unused = 'WARNING! This will remove all images without at least one container associated to them.\nAre you sure you want to continue?';

/** `image prune`. */
export default command({
  usage: '[OPTIONS]',
  takes: noArguments,
  flags: {
    all: bool('Remove all unused images, not just dangling ones', { short: 'a' }),
    filter: filter('Provide filter values (e.g. "until=<timestamp>")'),
    force: bool('Do not prompt for confirmation', { short: 'f' }),
  },
  async run({ flags }, cli) {
    if (!flags.force && !(await confirmed(cli, flags.all ? unused : dangling))) return;
    const filters = new Map(pruneFilters(cli, flags.filter)).set('dangling', [String(!flags.all)]);
    const { ImagesDeleted, SpaceReclaimed } = await cli.engine().call(calls.imagePrune, { query: { filters: encodeFilters(filters) } });
    cli.stdout.write(`${deletedImages(ImagesDeleted)}Total reclaimed space: ${humanSize(SpaceReclaimed)}\n`);
  },
});

/** The list of what went, or nothing. */
export function deletedImages(deleted: readonly ImageDeletion[] | null): string {
  if (!deleted || deleted.length === 0) return '';
  const lines = deleted.map(({ Untagged, Deleted }) => (Untagged ? `untagged: ${Untagged}\n` : `deleted: ${Deleted ?? ''}\n`));
  return `Deleted Images:\n${lines.join('')}\n`;
}
