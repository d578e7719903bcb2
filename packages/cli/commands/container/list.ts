import { calls, type ContainerSummary, encodeFilters } from '#client';
import { noArguments } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { bool, filter, int } from '../../command/flag-types.ts';
import { listFormat } from '../../command/format-flag.ts';
import { chooseFormat } from '../../format/choose-format.ts';
import { formatList, probeFormat } from '../../format/table.ts';
import { containerFormat, containerRow } from './list-format.ts';

/** `ps`. */
export default command({
  usage: '[OPTIONS]',
  takes: noArguments,
  flags: {
    all: bool('Show all containers (default shows just running)', { short: 'a' }),
    filter: filter('Filter output based on conditions provided', { short: 'f' }),
    format: listFormat(),
    last: int('Show n last created containers (includes all states)', { short: 'n', initial: -1 }),
    latest: bool('Show the latest created container (includes all states)', { short: 'l' }),
    'no-trunc': bool("Don't truncate output"),
    quiet: bool('Only display container IDs', { short: 'q' }),
    size: bool('Display total file sizes', { short: 's' }),
  },
  async run({ flags, given }, cli) {
    const limit = flags.latest && flags.last === -1 ? 1 : flags.last;
    const chosen = chooseFormat(flags, cli.config.values.psFormat);
    const ignored = flags.quiet && flags.format !== '';
    if (ignored) cli.stderr.write('WARNING: Ignoring custom format, because both --format and --quiet are set.\n');
    const format = ignored && chosen !== 'raw' ? 'table' : chosen;
    const asked = showsSize(format);
    const size = given('size') ? flags.size : asked;
    const query = { all: flags.all, limit: limit > 0 ? limit : undefined, size, filters: encodeFilters(flags.filter) };
    const containers: readonly ContainerSummary[] = await cli.engine().call(calls.containerList, { query });
    const rows = containers.map((container) => containerRow(container, cli.now(), !flags['no-trunc']));
    const wide = size && flags.size && format.startsWith('table ') ? `${format}\t{{.Size}}` : format;
    cli.stdout.write(formatList(containerFormat(flags.quiet, size), rows, wide));
  },
});

/** True when a template shows sizes, which the engine works out only when asked. A bad template is told before that. */
function showsSize(format: string): boolean {
  if (format === 'table' || format === 'json' || format === 'raw') return false;
  let asked = false;
  const row = Object.defineProperty({ ...containerRow(nobody, 0, true) }, 'Size', { enumerable: true, get: () => ((asked = true), '') });
  probeFormat(containerFormat(false, false), row, format);
  return asked;
}

const nobody: ContainerSummary = {
  Id: '', Names: [], Image: '', ImageID: '', Command: '', Created: 0, Ports: [], Labels: {}, State: '', Status: '', HostConfig: {}, NetworkSettings: null, Mounts: [],
};
