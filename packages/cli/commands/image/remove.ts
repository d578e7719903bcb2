import { isKind, messageOf } from '#base';
import { calls } from '#client';
import { atLeast } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { Exit } from '../../command/exit.ts';
import { bool, strings } from '../../command/flag-types.ts';
import { idOf } from '../each.ts';
import { platformJson } from './platform-json.ts';

/** `rmi IMAGE…`. With `--force` only what is not a missing image counts as a failure. */
export default command({
  usage: '[OPTIONS] IMAGE [IMAGE...]',
  takes: atLeast(1),
  completes: 'image',
  flags: {
    force: bool('Force removal of the image', { short: 'f' }),
    'no-prune': bool('Do not delete untagged parents'),
    platform: strings('Remove only the given platform variant. Formatted as "os[/arch[/variant]]" (e.g., "linux/amd64")', { since: '1.50' }),
  },
  async run({ arguments: names, flags }, cli) {
    const platforms = flags.platform.map((text) => platformJson(text) ?? '').filter(Boolean);
    const query = { force: flags.force, noprune: flags['no-prune'], platforms };
    const complaints: string[] = [];
    let fatal = false;
    for (const name of names) {
      try {
        const deleted = await cli.engine().call(calls.imageRemove, { path: { name: idOf('image', name) }, query });
        for (const { Deleted, Untagged } of deleted) cli.stdout.write(Deleted ? `Deleted: ${Deleted}\n` : `Untagged: ${Untagged ?? ''}\n`);
      } catch (error) {
        fatal ||= !isKind(error, 'NotFound');
        complaints.push(messageOf(error));
      }
    }
    if (complaints.length === 0) return;
    const message = complaints.join('\n');
    if (!flags.force || fatal) throw new Exit(1, message);
    cli.stderr.write(`${message}\n`);
  },
});
