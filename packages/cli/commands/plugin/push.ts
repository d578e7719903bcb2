import { InvalidArgument } from '#base';
import { calls } from '#client';
import { familiarReference, parseReference, withDefaultTag } from '#spec';
import { exactly } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { credentialsFor, headerOf, serverOf } from '../../config/credentials.ts';
import { showProgress } from '../../terminal/progress.ts';
import { contentTrustFlag, refuseContentTrust } from '../content-trust.ts';

/** `plugin push PLUGIN[:TAG]`. */
export default command({
  usage: '[OPTIONS] PLUGIN[:TAG]',
  takes: exactly(1),
  completes: ['plugin'],
  flags: {
    'disable-content-trust': contentTrustFlag('Skip image signing'),
  },
  async run({ arguments: [name = ''], flags, given }, cli) {
    refuseContentTrust(cli, flags['disable-content-trust'], given('disable-content-trust'));
    const written = parseReference(name);
    if (written.digest !== undefined) throw new InvalidArgument(`invalid name: ${name}`);
    const ref = withDefaultTag(written);
    const auth = await credentialsFor(cli.config, serverOf(ref.domain));
    const { body } = await cli.engine().open(calls.pluginPush, { path: { name: familiarReference(ref) }, headers: { 'X-Registry-Auth': headerOf(auth) }, signal: cli.interrupted });
    await showProgress(body, cli.stdout);
  },
});
