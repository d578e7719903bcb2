import { InvalidArgument, isKind } from '#base';
import { calls } from '#client';
import { atLeast } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { bool } from '../../command/flag-types.ts';
import { forEachName, idOf } from '../each.ts';

/** `rm CONTAINER…`. With `--force` an unknown name is told and forgiven. */
export default command({
  usage: '[OPTIONS] CONTAINER [CONTAINER...]',
  takes: atLeast(1),
  completes: 'removable',
  flags: {
    force: bool('Force the removal of a running container (uses SIGKILL)', { short: 'f' }),
    link: bool('Remove the specified link', { short: 'l' }),
    volumes: bool('Remove anonymous volumes associated with the container', { short: 'v' }),
  },
  async run({ arguments: names, flags }, cli) {
    const query = { force: flags.force, link: flags.link, v: flags.volumes };
    const remove = async (name: string): Promise<void> => {
      const id = name.replace(/^\/+|\/+$/g, '');
      if (id === '') throw new InvalidArgument('container name cannot be empty');
      await cli.engine().call(calls.containerRemove, { path: { id: idOf('container', id) }, query });
    };
    await forEachName(names, cli, remove, (error) => flags.force && isKind(error, 'NotFound'));
  },
});
