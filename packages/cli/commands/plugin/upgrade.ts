import { InvalidArgument, messageOf } from '#base';
import { calls } from '#client';
import { familiarReference, formatReference, type ImageRef, parseReference, withDefaultTag } from '#spec';
import { between } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { Exit } from '../../command/exit.ts';
import { bool } from '../../command/flag-types.ts';
import { confirmed } from '../../terminal/prompt.ts';
import { contentTrustFlag, refuseContentTrust } from '../content-trust.ts';
import { fetchPlugin } from './fetch-plugin.ts';

/** `plugin upgrade PLUGIN [REMOTE]`. */
export default command({
  usage: '[OPTIONS] PLUGIN [REMOTE]',
  takes: between(1, 2),
  completes: ['plugin'],
  flags: {
    'disable-content-trust': contentTrustFlag(),
    'grant-all-permissions': bool('Grant all permissions necessary to run the plugin'),
    'skip-remote-check': bool('Do not check if specified remote plugin matches existing plugin image'),
  },
  async run({ arguments: [name = '', newer], flags, given }, cli) {
    refuseContentTrust(cli, flags['disable-content-trust'], given('disable-content-trust'));
    const plugin = await cli.engine().call(calls.pluginInspect, { path: { name } }).catch((error: unknown) => {
      throw new Exit(1, `error reading plugin data: ${messageOf(error)}`, { cause: error });
    });
    if (plugin.Enabled) throw new InvalidArgument('the plugin must be disabled before upgrading');
    const remote = referenceOf('remote upgrade', newer ?? plugin.PluginReference ?? '');
    const old = referenceOf('current', plugin.PluginReference ?? '');
    cli.stdout.write(`Upgrading plugin ${plugin.Name} from ${familiarReference(old)} to ${familiarReference(remote)}\n`);
    const other = formatReference(remote) !== formatReference(old) && !flags['skip-remote-check'];
    if (other && !(await confirmed(cli, 'Plugin images do not match, are you sure?'))) throw new Exit(1, 'plugin upgrade has been canceled');
    await fetchPlugin(cli, calls.pluginUpgrade, { remote, grants: flags['grant-all-permissions'], path: { name } });
    cli.stdout.write(`Upgraded plugin ${name} to ${familiarReference(remote)}\n`);
  },
});

/** Throws InvalidArgument, naming whose reference it is. */
function referenceOf(whose: string, text: string): ImageRef {
  try {
    return withDefaultTag(parseReference(text));
  } catch (error) {
    throw new InvalidArgument(`error parsing ${whose} image reference: ${messageOf(error)}`, { cause: error });
  }
}
