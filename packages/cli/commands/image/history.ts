import { humanSize } from '#base';
import { calls, type HistoryItem } from '#client';
import { exactly } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { bool, string } from '../../command/flag-types.ts';
import { listFormat } from '../../command/format-flag.ts';
import { formatList, type ListFormat, type Row } from '../../format/table.ts';
import { ellipsis, shortId } from '../../format/text.ts';
import { rfc3339 } from '../../format/time.ts';
import { humanDuration } from '../../format/units.ts';
import { idOf } from '../each.ts';
import { platformJson } from './platform-json.ts';

/** `history IMAGE`. */
export default command({
  usage: '[OPTIONS] IMAGE',
  takes: exactly(1),
  completes: ['image'],
  flags: {
    format: listFormat(),
    human: bool('Print sizes and dates in human readable format', { short: 'H', initial: true }),
    'no-trunc': bool("Don't truncate output"),
    platform: string('Show history for the given platform. Formatted as "os[/arch[/variant]]" (e.g., "linux/amd64")', { since: '1.48' }),
    quiet: bool('Only show image IDs', { short: 'q' }),
  },
  async run({ arguments: [name = ''], flags }, cli) {
    const query = { platform: platformJson(flags.platform, 'invalid platform: ') };
    const items = await cli.engine().call(calls.imageHistory, { path: { name: idOf('image', name) }, query });
    const rows = items.map((item) => rowOf(item, cli.now(), !flags['no-trunc'], flags.human));
    cli.stdout.write(formatList(formatOf(flags.quiet, flags.human), rows, flags.format || 'table'));
  },
});

function formatOf(quiet: boolean, human: boolean): ListFormat {
  return {
    type: '*image.historyContext',
    headings: { ID: 'IMAGE', CreatedSince: 'CREATED', CreatedAt: 'CREATED AT', CreatedBy: 'CREATED BY', Size: 'SIZE', Comment: 'COMMENT' },
    table: quiet ? '{{.ID}}' : `table {{.ID}}\t{{.Created${human ? 'Since' : 'At'}}}\t{{.CreatedBy}}\t{{.Size}}\t{{.Comment}}`,
  };
}

/** Times that stand for none (reproducible builds have them) are not told as ages. */
const earliest = Date.UTC(2000, 0, 1) / 1000;

function ago(created: number, now: number): string {
  return created <= earliest ? 'N/A' : `${humanDuration(now / 1000 - created)} ago`;
}

function rowOf(item: HistoryItem, now: number, short: boolean, human: boolean): Row {
  const by = item.CreatedBy.replaceAll('\t', ' ');
  const at = rfc3339(item.Created * 1000);
  return {
    ID: short ? shortId(item.Id) : item.Id,
    CreatedAt: at,
    CreatedSince: human ? ago(item.Created, now) : at,
    CreatedBy: short ? ellipsis(by, 45) : by,
    Size: human ? humanSize(item.Size, 3) : String(item.Size),
    Comment: item.Comment,
  };
}
