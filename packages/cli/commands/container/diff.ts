import { InvalidArgument } from '#base';
import { calls } from '#client';
import { exactly } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';

const letters = ['C', 'A', 'D'];

/** `diff CONTAINER`: what changed against the image. */
export default command({
  usage: 'CONTAINER',
  takes: exactly(1),
  completes: ['container'],
  flags: {},
  async run({ arguments: [name = ''] }, cli) {
    if (name.trim() === '') throw new InvalidArgument('Container name cannot be empty');
    const changes = await cli.engine().call(calls.containerChanges, { path: { id: name } });
    for (const { Kind, Path } of changes ?? []) cli.stdout.write(`${letters[Kind] ?? ''} ${Path}\n`);
  },
});
