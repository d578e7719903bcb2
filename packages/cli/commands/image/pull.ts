import { InvalidArgument } from '#base';
import { formatReference, parseReference, withDefaultTag } from '#spec';
import { exactly } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { bool } from '../../command/flag-types.ts';
import { platformFlag } from '../../command/platform-flag.ts';
import { timingsFlag } from '../../command/timings-flag.ts';
import { contentTrustFlag, refuseContentTrust } from '../content-trust.ts';
import { pullImage } from './pull-image.ts';

/** `pull NAME[:TAG|@DIGEST]`. */
export default command({
  usage: '[OPTIONS] NAME[:TAG|@DIGEST]',
  takes: exactly(1),
  completes: ['nothing'],
  flags: {
    'all-tags': bool('Download all tagged images in the repository', { short: 'a' }),
    'disable-content-trust': contentTrustFlag(),
    platform: platformFlag(),
    quiet: bool('Suppress verbose output', { short: 'q' }),
    timings: timingsFlag(),
  },
  async run({ arguments: [name = ''], flags, given }, cli) {
    refuseContentTrust(cli, flags['disable-content-trust'], given('disable-content-trust'));
    using timings = flags.timings ? (await import('../../timings.ts')).Timings.of(cli) : undefined;
    const written = parseReference(name);
    const tagged = written.tag !== undefined || written.digest !== undefined;
    if (flags['all-tags'] && tagged) throw new InvalidArgument("tag can't be used with --all-tags/-a");
    const ref = flags['all-tags'] ? written : withDefaultTag(written);
    if (!flags['all-tags'] && !tagged && !flags.quiet) cli.stdout.write('Using default tag: latest\n');
    await pullImage(cli, ref, flags.platform, cli.stdout, flags.quiet, (message) => timings?.progressed(message));
    cli.stdout.write(`${formatReference(ref)}\n`);
    timings?.ends('pulling; layers are fetched side by side');
  },
});
