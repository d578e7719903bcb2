import { calls, encodeFilters } from '#client';
import { noArguments } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { bool, filter } from '../../command/flag-types.ts';
import { listFormat } from '../../command/format-flag.ts';
import { chooseFormat } from '../../format/choose-format.ts';
import { compareNaturally } from '../../format/natural-order.ts';
import { formatList } from '../../format/table.ts';
import { volumeFormat, volumeRow } from './list-format.ts';

const clusterTable = 'table {{.Name}}\t{{.Group}}\t{{.Driver}}\t{{.Availability}}\t{{.Status}}';

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
    const { Volumes } = await cli.engine().call(calls.volumeList, { query: { filters: encodeFilters(flags.filter) } });
    const chosen = flags.cluster ? flags.format || 'table' : chooseFormat(flags, cli.config.values.volumesFormat);
    const format = flags.cluster && chosen === 'table' && !flags.quiet ? clusterTable : chosen;
    const rows = (Volumes ?? []).filter(({ ClusterVolume }) => !flags.cluster || ClusterVolume).toSorted((a, b) => compareNaturally(a.Name, b.Name)).map(volumeRow);
    cli.stdout.write(formatList(volumeFormat(flags.quiet), rows, format));
  },
});
