import { calls, encodeFilters, type NetworkSummary } from '#client';
import { noArguments } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { bool, filter } from '../../command/flag-types.ts';
import { listFormat } from '../../command/format-flag.ts';
import { chooseFormat } from '../../format/choose-format.ts';
import { joinLabels, labelOf } from '../../format/labels.ts';
import { compareNaturally } from '../../format/natural-order.ts';
import { formatList, type ListFormat, type Row } from '../../format/table.ts';
import { shortId } from '../../format/text.ts';
import { goTimeOf, zeroTime } from '../../format/time.ts';

/** `network ls`. */
export default command({
  usage: '[OPTIONS]',
  takes: noArguments,
  flags: {
    filter: filter('Provide filter values (e.g. "driver=bridge")', { short: 'f' }),
    format: listFormat(),
    'no-trunc': bool('Do not truncate the output'),
    quiet: bool('Only display network IDs', { short: 'q' }),
  },
  async run({ flags }, cli) {
    const networks = await cli.engine().call(calls.networkList, { query: { filters: encodeFilters(flags.filter) } });
    const format = chooseFormat(flags, cli.config.values.networksFormat);
    const rows = networks.toSorted((a, b) => compareNaturally(a.Name, b.Name)).map((network) => rowOf(network, !flags['no-trunc']));
    cli.stdout.write(formatList(formatOf(flags.quiet), rows, format));
  },
});

function formatOf(quiet: boolean): ListFormat {
  return {
    type: '*network.networkContext',
    headings: { ID: 'NETWORK ID', Name: 'NAME', Driver: 'DRIVER', Scope: 'SCOPE', IPv4: 'IPV4', IPv6: 'IPV6', Internal: 'INTERNAL', Labels: 'LABELS', CreatedAt: 'CREATED AT' },
    table: quiet ? '{{.ID}}' : 'table {{.ID}}\t{{.Name}}\t{{.Driver}}\t{{.Scope}}',
    raw: quiet ? 'network_id: {{.ID}}' : 'network_id: {{.ID}}\nname: {{.Name}}\ndriver: {{.Driver}}\nscope: {{.Scope}}\n',
  };
}

function rowOf(network: NetworkSummary, short: boolean): Row {
  return {
    ID: short ? shortId(network.Id) : network.Id,
    Name: network.Name,
    Driver: network.Driver,
    Scope: network.Scope,
    IPv4: String(network.EnableIPv4 ?? false),
    IPv6: String(network.EnableIPv6 ?? false),
    Internal: String(network.Internal ?? false),
    Labels: joinLabels(network.Labels),
    Label: labelOf(network.Labels),
    CreatedAt: goTimeOf(network.Created || zeroTime),
  };
}
