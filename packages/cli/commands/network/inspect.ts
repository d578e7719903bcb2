import { calls } from '#client';
import { atLeast } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { bool } from '../../command/flag-types.ts';
import { objectFormat } from '../../command/format-flag.ts';
import { inspectAll } from '../../inspect/inspect.ts';
import { networkShape } from '../../inspect/network-shape.ts';
import { idOf } from '../each.ts';

/** `network inspect NETWORK…`. */
export default command({
  usage: '[OPTIONS] NETWORK [NETWORK...]',
  takes: atLeast(1),
  completes: 'network',
  flags: {
    format: objectFormat({ short: 'f' }),
    verbose: bool('Verbose output for diagnostics', { short: 'v' }),
  },
  async run({ arguments: names, flags }, cli) {
    const query = { verbose: flags.verbose ? 'true' : undefined };
    await inspectAll(cli, names, flags.format, async (name) => ({ json: await cli.engine().text(calls.networkInspect, { path: { id: idOf('network', name) }, query }), shape: networkShape }));
  },
});
