import { calls } from '#client';
import { atLeast } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { string } from '../../command/flag-types.ts';
import { checkOutputPath, writeOutput } from '../output-file.ts';
import { platformJson } from './platform-json.ts';

/** `save IMAGE…`: images as a tar archive. */
export default command({
  usage: '[OPTIONS] IMAGE [IMAGE...]',
  takes: atLeast(1),
  completes: 'image',
  flags: {
    output: string('Write to a file, instead of STDOUT', { short: 'o' }),
    platform: string('Save only the given platform variant. Formatted as "os[/arch[/variant]]" (e.g., "linux/amd64")', { since: '1.48' }),
  },
  async run({ arguments: names, flags }, cli) {
    checkOutputPath(flags.output, cli, 'failed to save image');
    const query = { names, platform: platformJson(flags.platform, 'invalid platform: ') };
    const { body } = await cli.engine().open(calls.imageSave, { query, signal: cli.interrupted });
    await writeOutput(body, flags.output, cli);
  },
});
