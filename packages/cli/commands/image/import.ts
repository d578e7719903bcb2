import { calls } from '#client';
import { parseReference } from '#spec';
import { atLeast } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { list, string } from '../../command/flag-types.ts';
import { platformFlag } from '../../command/platform-flag.ts';
import { showProgress } from '../../terminal/progress.ts';
import { openInput } from '../input-file.ts';

/** `import file|URL|- [REPOSITORY[:TAG]]`: one image of one layer, from a file system's tar archive. */
export default command({
  usage: '[OPTIONS] file|URL|- [REPOSITORY[:TAG]]',
  takes: atLeast(1),
  flags: {
    change: list('Apply Dockerfile instruction to the created image', { short: 'c' }),
    message: string('Set commit message for imported image', { short: 'm' }),
    platform: platformFlag(),
  },
  async run({ arguments: [source = '', repository = ''], flags }, cli) {
    const remote = /^https?:\/\//.test(source);
    const input = remote ? undefined : source === '-' ? cli.stdin.bytes() : openInput(source);
    if (repository !== '') parseReference(repository);
    const query = {
      fromSrc: remote ? source : '-', repo: repository || undefined, message: flags.message || undefined,
      changes: flags.change, platform: flags.platform.toLowerCase() || undefined,
    };
    const { body } = await cli.engine().open(calls.imageCreate, { query, body: input, contentType: 'application/x-tar', signal: cli.interrupted });
    await showProgress(body, cli.stdout);
  },
});
