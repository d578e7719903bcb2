import { NotImplemented } from '#base';
import { calls, encodeFilters } from '#client';
import { noArguments } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { bool, filter } from '../../command/flag-types.ts';
import { listFormat } from '../../command/format-flag.ts';
import { chooseFormat } from '../../format/choose-format.ts';
import { compareNaturally } from '../../format/natural-order.ts';
import { formatList } from '../../format/table.ts';
import { volumeFormat, volumeRow } from './list-format.ts';

/** `volume ls`. */
export default command({
  usage: '[OPTIONS]',
  takes: noArguments,
  flags: {
    cluster: bool('Display only cluster volumes, and use cluster volume list formatting', { since: '1.42' }),
    filter: filter('Provide filter values (e.g. "dangling=true")', { short: 'f' }),
    format: listFormat(),
    quiet: bool('Only display volume names', { short: 'q' }),
  },
  async run({ flags }, cli) {
    if (flags.cluster) throw new NotImplemented('--cluster: not implemented');
    const { Volumes } = await cli.engine().call(calls.volumeList, { query: { filters: encodeFilters(flags.filter) } });
    const format = chooseFormat(flags, cli.config.values.volumesFormat);
    const rows = (Volumes ?? []).toSorted((a, b) => compareNaturally(a.Name, b.Name)).map(volumeRow);
    cli.stdout.write(formatList(volumeFormat(flags.quiet), rows, format));
  },
});
