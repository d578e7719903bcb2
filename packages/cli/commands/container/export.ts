import { calls } from '#client';
import { exactly } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { string } from '../../command/flag-types.ts';
import { checkOutputPath, writeOutput } from '../output-file.ts';
import { idOf } from '../each.ts';

/** `export CONTAINER`: its file system as a tar archive. */
export default command({
  usage: '[OPTIONS] CONTAINER',
  takes: exactly(1),
  completes: ['container'],
  flags: {
    output: string('Write to a file, instead of STDOUT', { short: 'o' }),
  },
  async run({ arguments: [name = ''], flags }, cli) {
    checkOutputPath(flags.output, cli, 'failed to export container');
    const { body } = await cli.engine().open(calls.containerExport, { path: { id: idOf('container', name) }, signal: cli.interrupted });
    await writeOutput(body, flags.output, cli);
  },
});
