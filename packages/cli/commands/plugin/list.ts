import { calls, encodeFilters, type PluginSummary } from '#client';
import { noArguments } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { bool, filter } from '../../command/flag-types.ts';
import { listFormat } from '../../command/format-flag.ts';
import { chooseFormat } from '../../format/choose-format.ts';
import { compareNaturally } from '../../format/natural-order.ts';
import { formatList, type ListFormat, type Row } from '../../format/table.ts';
import { ellipsis, shortId } from '../../format/text.ts';

/** `plugin ls`. */
export default command({
  usage: '[OPTIONS]',
  takes: noArguments,
  flags: {
    filter: filter('Provide filter values (e.g. "enabled=true")', { short: 'f' }),
    format: listFormat(),
    'no-trunc': bool("Don't truncate output"),
    quiet: bool('Only display plugin IDs', { short: 'q' }),
  },
  async run({ flags }, cli) {
    const plugins = (await cli.engine().call(calls.pluginList, { query: { filters: encodeFilters(flags.filter) } })) ?? [];
    const rows = plugins.toSorted((a, b) => compareNaturally(a.Name, b.Name)).map((plugin) => rowOf(plugin, !flags['no-trunc']));
    cli.stdout.write(formatList(formatOf(flags.quiet), rows, chooseFormat(flags, cli.config.values.pluginsFormat)));
  },
});

function formatOf(quiet: boolean): ListFormat {
  return {
    type: '*plugin.pluginContext',
    headings: { ID: 'ID', Name: 'NAME', Description: 'DESCRIPTION', Enabled: 'ENABLED', PluginReference: 'IMAGE' },
    table: quiet ? '{{.ID}}' : 'table {{.ID}}\t{{.Name}}\t{{.Description}}\t{{.Enabled}}',
    raw: quiet ? 'plugin_id: {{.ID}}' : 'plugin_id: {{.ID}}\nname: {{.Name}}\ndescription: {{.Description}}\nenabled: {{.Enabled}}\n',
  };
}

function rowOf({ Id = '', Name, Enabled, Config, PluginReference = '' }: PluginSummary, short: boolean): Row {
  const description = (Config?.Description ?? '').replaceAll('\n', ' ').replaceAll('\r', ' ');
  return { ID: short ? shortId(Id) : Id, Name, Description: short ? ellipsis(description, 45) : description, Enabled, PluginReference };
}
