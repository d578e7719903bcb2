import { calls } from '#client';
import { atLeast } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { objectFormat } from '../../command/format-flag.ts';
import { inspectAll } from '../../inspect/inspect.ts';

/** `plugin inspect PLUGIN…`. */
export default command({
  usage: '[OPTIONS] PLUGIN [PLUGIN...]',
  takes: atLeast(1),
  completes: 'plugin',
  flags: {
    format: objectFormat({ short: 'f' }),
  },
  async run({ arguments: names, flags }, cli) {
    await inspectAll(cli, names, flags.format, async (name) => ({ json: await cli.engine().text(calls.pluginInspect, { path: { name } }), shape: undefined }));
  },
});
