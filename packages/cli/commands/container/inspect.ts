import { calls } from '#client';
import { atLeast } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { bool } from '../../command/flag-types.ts';
import { objectFormat } from '../../command/format-flag.ts';
import { containerShape } from '../../inspect/container-shape.ts';
import { inspectAll } from '../../inspect/inspect.ts';
import { idOf } from '../each.ts';

/** `container inspect CONTAINER…`. */
export default command({
  usage: '[OPTIONS] CONTAINER [CONTAINER...]',
  takes: atLeast(1),
  completes: 'container',
  flags: {
    format: objectFormat({ short: 'f' }),
    size: bool('Display total file sizes', { short: 's' }),
  },
  async run({ arguments: names, flags }, cli) {
    const query = { size: flags.size };
    await inspectAll(cli, names, flags.format, async (name) => ({ json: await cli.engine().text(calls.containerInspect, { path: { id: idOf('container', name) }, query }), shape: containerShape }));
  },
});
