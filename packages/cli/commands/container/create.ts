import { messageOf } from '#base';
import { atLeast } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { Exit } from '../../command/exit.ts';
import { bool, string } from '../../command/flag-types.ts';
import { platformFlag } from '../../command/platform-flag.ts';
import { contentTrustFlag, refuseContentTrust } from '../content-trust.ts';
import { withHelp } from '../with-help.ts';
import { createContainer } from './create-container.ts';
import { createBody } from './options/body.ts';
import { containerFlags } from './options/flags.ts';
import { checkPullPolicy } from './options/pull-policy.ts';

/** `create IMAGE [COMMAND] [ARG...]`. */
export default command({
  usage: '[OPTIONS] IMAGE [COMMAND] [ARG...]',
  takes: atLeast(1),
  completes: 'image',
  interspersed: false,
  flags: {
    ...containerFlags,
    'disable-content-trust': contentTrustFlag(),
    name: string('Assign a name to the container'),
    platform: platformFlag(),
    pull: string('Pull image before creating ("always", "|missing", "never")', { initial: 'missing' }),
    quiet: bool('Suppress the pull output', { short: 'q' }),
  },
  async run({ arguments: [image = '', ...words], flags, given }, cli) {
    refuseContentTrust(cli, flags['disable-content-trust'], given('disable-content-trust'));
    const { name, platform, pull, quiet } = flags;
    const body = (() => {
      try {
        checkPullPolicy(pull);
        return createBody(flags, given, image, words);
      } catch (error) {
        throw new Exit(125, withHelp(cli.program, 'create', messageOf(error)), { cause: error });
      }
    })();
    cli.stdout.write(`${await createContainer(cli, { body, name, platform, pull, quiet, sharesSocket: flags['use-api-socket'] })}\n`);
  },
});
