import { InvalidArgument } from '#base';
import { calls } from '#client';
import { formatReference, parseReference, repositoryOf, withDefaultTag } from '#spec';
import { exactly } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { bool, string } from '../../command/flag-types.ts';
import { credentialsFor, headerOf, serverOf } from '../../config/credentials.ts';
import { showProgress } from '../../terminal/progress.ts';
import { contentTrustFlag, refuseContentTrust } from '../content-trust.ts';
import { platformJson } from './platform-json.ts';

const platformNote = `
 Info -> Using --platform pushes only the specified platform manifest of a multi-platform image index.
         Other components, like attestations, will not be included.
         To push the complete multi-platform image, remove the --platform flag.
         
`;

/** `push NAME[:TAG]`. */
export default command({
  usage: '[OPTIONS] NAME[:TAG]',
  takes: exactly(1),
  completes: ['image'],
  flags: {
    'all-tags': bool('Push all tags of an image to the repository', { short: 'a' }),
    'disable-content-trust': contentTrustFlag('Skip image signing'),
    platform: string('Push a platform-specific manifest as a single-platform image to the registry.\nImage index won\'t be pushed, meaning that other manifests, including attestations won\'t be preserved.\n\'os[/arch[/variant]]\': Explicit platform (eg. linux/amd64)', { since: '1.46' }),
    quiet: bool('Suppress verbose output', { short: 'q' }),
  },
  async run({ arguments: [name = ''], flags, given }, cli) {
    refuseContentTrust(cli, flags['disable-content-trust'], given('disable-content-trust'));
    const platform = platformJson(flags.platform, `Invalid platform ${flags.platform}`);
    if (flags.platform !== '' && !flags.quiet) cli.stdout.write(platformNote);
    const written = parseReference(name);
    const tagged = written.tag !== undefined || written.digest !== undefined;
    if (flags['all-tags'] && tagged) throw new InvalidArgument("tag can't be used with --all-tags/-a");
    const ref = flags['all-tags'] ? written : withDefaultTag(written);
    if (!flags['all-tags'] && !tagged && !flags.quiet) cli.stdout.write('Using default tag: latest\n');
    if (ref.digest !== undefined) throw new InvalidArgument('cannot push a digest reference');
    const auth = await credentialsFor(cli.config, serverOf(ref.domain));
    const query = { tag: ref.tag, platform };
    const { body } = await cli.engine().open(calls.imagePush, { path: { name: repositoryOf(ref) }, query, headers: { 'X-Registry-Auth': headerOf(auth) }, signal: cli.interrupted });
    const out = flags.quiet ? { write: () => {}, isTerminal: false, columns: 0, rows: 0 } : cli.stdout;
    await showProgress(body, out);
    if (flags.quiet) cli.stdout.write(`${formatReference(ref)}\n`);
  },
});
