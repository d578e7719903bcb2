import { messageOf } from '#base';
import type { Cli } from '../../cli.ts';
import { noArguments } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { bool } from '../../command/flag-types.ts';
import { listFormat } from '../../command/format-flag.ts';
import { chooseContext, directHost } from '../../config/connection.ts';
import { ContextStore, defaultContext, defaultDescription } from '../../config/context-store.ts';
import { compareNaturally } from '../../format/natural-order.ts';
import { ellipsis } from '../../format/text.ts';
import { formatList, type ListFormat, type Row } from '../../format/table.ts';

/** `context ls`. */
export default command({
  usage: '[OPTIONS]',
  takes: noArguments,
  flags: {
    format: listFormat(),
    quiet: bool('Only show context names', { short: 'q' }),
  },
  async run({ flags }, cli) {
    const current = chooseContext(cli.globals, cli.env, cli.config);
    const store = new ContextStore(cli.globals.config);
    const stored = store.list().map((meta) => rowOf(meta.Name, meta.Metadata.Description ?? '', meta.Endpoints.docker?.Host ?? '', current));
    const rows = [...stored, ...missing(store, current), rowOf(defaultContext, defaultDescription, directHost(cli.globals, cli.env), current)];
    rows.sort((a, b) => compareNaturally(String(a['Name']), String(b['Name'])));
    cli.stdout.write(formatList(formatOf(flags.quiet), rows, flags.format || 'table'));
    warnOfHost(cli);
  },
});

function formatOf(quiet: boolean): ListFormat {
  return {
    type: '*formatter.clientContextContext',
    headings: { Name: 'NAME', Description: 'DESCRIPTION', DockerEndpoint: 'DOCKER ENDPOINT', Error: 'ERROR' },
    table: quiet ? '{{.Name}}' : 'table {{.Name}}{{if .Current}} *{{end}}\t{{.Description}}\t{{.DockerEndpoint}}\t{{.Error}}',
  };
}

function rowOf(name: string, description: string, host: string, current: string): Row {
  return { Current: name === current, Name: name, Description: description, DockerEndpoint: host, Error: '' };
}

const longestError = 45;

/** The one in force, where it is gone. */
function missing(store: ContextStore, current: string): Row[] {
  if (current === defaultContext || store.has(current)) return [];
  try {
    store.get(current);
    return [];
  } catch (error) {
    return [{ ...rowOf(current, '', '', current), Error: ellipsis(messageOf(error), longestError) }];
  }
}

/** `DOCKER_HOST` has its way whatever context was chosen, which surprises. */
function warnOfHost(cli: Cli): void {
  if (!cli.env['DOCKER_HOST']) return;
  cli.stderr.write('Warning: DOCKER_HOST environment variable overrides the active context. To use a context, either set the global --context flag, or unset DOCKER_HOST environment variable.\n');
}
