import { calls } from '#client';
import { atLeast } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { string } from '../../command/flag-types.ts';
import { objectFormat } from '../../command/format-flag.ts';
import { inspectAll } from '../../inspect/inspect.ts';
import { imageShape } from '../../inspect/image-shape.ts';
import { idOf } from '../each.ts';
import { platformJson } from './platform-json.ts';

/** `image inspect IMAGE…`. */
export default command({
  usage: '[OPTIONS] IMAGE [IMAGE...]',
  takes: atLeast(1),
  completes: 'image',
  flags: {
    format: objectFormat({ short: 'f' }),
    platform: string('Inspect a specific platform of the multi-platform image.\nIf the image or the server is not multi-platform capable, the command will error out if the platform does not match.\n\'os[/arch[/variant]]\': Explicit platform (eg. linux/amd64)', { since: '1.49' }),
  },
  async run({ arguments: names, flags }, cli) {
    const query = { platform: platformJson(flags.platform) };
    await inspectAll(cli, names, flags.format, async (name) => ({ json: await cli.engine().text(calls.imageInspect, { path: { name: idOf('image', name) }, query }), shape: imageShape }));
  },
});
