import { InvalidArgument } from '#base';
import { calls } from '#client';
import { between } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { bool, list, string } from '../../command/flag-types.ts';
import { idOf } from '../each.ts';
import { parseReference, repositoryOf, withDefaultTag } from '#spec';

/** `commit CONTAINER [REPOSITORY[:TAG]]`: an image of what it is now. */
export default command({
  usage: '[OPTIONS] CONTAINER [REPOSITORY[:TAG]]',
  takes: between(1, 2),
  completes: ['container'],
  interspersed: false,
  flags: {
    author: string('Author (e.g., "John Hannibal Smith <hannibal@a-team.com>")', { short: 'a' }),
    change: list('Apply Dockerfile instruction to the created image', { short: 'c' }),
    message: string('Commit message', { short: 'm' }),
    pause: bool('Pause container during commit', { short: 'p', initial: true }),
  },
  async run({ arguments: [name = '', reference = ''], flags }, cli) {
    const target = reference === '' ? undefined : withDefaultTag(parseReference(reference));
    if (target?.digest !== undefined) throw new InvalidArgument('refusing to create a tag with a digest reference');
    const query = {
      container: idOf('container', name),
      repo: target ? repositoryOf(target) : '',
      tag: target?.tag ?? '',
      comment: flags.message,
      author: flags.author,
      changes: flags.change,
      pause: flags.pause ? undefined : '0',
    };
    const { Id } = await cli.engine().call(calls.commit, { query });
    cli.stdout.write(`${Id}\n`);
  },
});
