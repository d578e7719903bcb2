import { InvalidArgument } from '#base';
import { calls } from '#client';
import { familiarReference, parseReference, withDefaultTag } from '#spec';
import { atLeast } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { bool, string } from '../../command/flag-types.ts';
import { contentTrustFlag, refuseContentTrust } from '../content-trust.ts';
import { fetchPlugin } from './fetch-plugin.ts';

/** `plugin install PLUGIN [KEY=VALUE…]`. */
export default command({
  usage: '[OPTIONS] PLUGIN [KEY=VALUE...]',
  takes: atLeast(1),
  flags: {
    alias: string('Local name for plugin'),
    disable: bool('Do not enable the plugin on install'),
    'disable-content-trust': contentTrustFlag(),
    'grant-all-permissions': bool('Grant all permissions necessary to run the plugin'),
  },
  async run({ arguments: [name = '', ...settings], flags, given }, cli) {
    refuseContentTrust(cli, flags['disable-content-trust'], given('disable-content-trust'));
    const alias = flags.alias === '' ? undefined : parseReference(flags.alias);
    if (alias?.digest !== undefined) throw new InvalidArgument(`invalid name: ${flags.alias}`);
    const remote = withDefaultTag(parseReference(name));
    const local = alias ? familiarReference(withDefaultTag(alias)) : familiarReference(remote);
    await fetchPlugin(cli, calls.pluginPull, { remote, grants: flags['grant-all-permissions'], query: { name: local } });
    if (settings.length > 0) await cli.engine().call(calls.pluginSet, { path: { name: local }, json: settings });
    if (!flags.disable) await cli.engine().call(calls.pluginEnable, { path: { name: local }, query: { timeout: 0 } });
    cli.stdout.write(`Installed plugin ${name}\n`);
  },
});
