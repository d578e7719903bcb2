/**
 * `build PATH | URL | -`, the classic builder's: the context goes to the engine as a tar archive, the Dockerfile is
 * carried out there, and what it says is shown as it comes.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { messageOf } from '#base';
import { calls, type ProgressMessage } from '#client';
import { parseReference } from '#spec';
import { exactly } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { Exit } from '../../command/exit.ts';
import { bytes, bytesOrUnlimited } from '../../command/flag-sizes.ts';
import { bool, int, list, string, strings } from '../../command/flag-types.ts';
import { platformFlag } from '../../command/platform-flag.ts';
import { timingsFlag } from '../../command/timings-flag.ts';
import { credentialsOrNone, headerOf } from '../../config/credentials.ts';
import { showProgress, StreamFailure } from '../../terminal/progress.ts';
import type { Output } from '../../terminal/streams.ts';
import { contentTrustFlag, refuseContentTrust } from '../content-trust.ts';
import { fileComplaint } from '../../file-complaint.ts';
import { checkEnvironment, checkExtraHost, checkLabel } from '../container/options/checks.ts';
import { ulimit } from '../container/options/ulimit.ts';
import { buildContext } from './build-context.ts';
import { buildQuery } from './build-query.ts';
import { compressed } from './context-archive.ts';
import { countedContext } from './counted-context.ts';

export default command({
  usage: '[OPTIONS] PATH | URL | -',
  alsoKnownAs: ['image build', 'build', 'builder build'],
  takes: exactly(1),
  completes: ['directory'],
  flags: {
    'add-host': list('Add a custom host-to-IP mapping ("host:ip")', { check: checkExtraHost }),
    'build-arg': list('Set build-time variables', { check: checkEnvironment }),
    'cache-from': strings('Images to consider as cache sources'),
    'cgroup-parent': string('Set the parent cgroup for the "RUN" instructions during build'),
    compress: bool('Compress the build context using gzip'),
    'cpu-period': int('Limit the CPU CFS (Completely Fair Scheduler) period'),
    'cpu-quota': int('Limit the CPU CFS (Completely Fair Scheduler) quota'),
    'cpu-shares': int('CPU shares (relative weight)', { short: 'c' }),
    'cpuset-cpus': string('CPUs in which to allow execution (0-3, 0,1)'),
    'cpuset-mems': string('MEMs in which to allow execution (0-3, 0,1)'),
    'disable-content-trust': contentTrustFlag(),
    file: string('Name of the Dockerfile (Default is "PATH/Dockerfile")', { short: 'f' }),
    'force-rm': bool('Always remove intermediate containers'),
    iidfile: string('Write the image ID to the file'),
    isolation: string('Container isolation technology'),
    label: list('Set metadata for an image', { check: checkLabel }),
    memory: bytes('Memory limit', { short: 'm' }),
    'memory-swap': bytesOrUnlimited('Swap limit equal to memory plus swap: -1 to enable unlimited swap'),
    network: string('Set the networking mode for the RUN instructions during build', { initial: 'default', since: '1.25' }),
    'no-cache': bool('Do not use cache when building the image'),
    platform: platformFlag({ since: '1.38' }),
    pull: bool('Always attempt to pull a newer version of the image'),
    quiet: bool('Suppress the build output and print image ID on success', { short: 'q' }),
    rm: bool('Remove intermediate containers after a successful build', { initial: true }),
    'security-opt': strings('Security options'),
    'shm-size': bytes('Size of "/dev/shm"'),
    squash: bool('Squash newly built layers into a single new layer', { experimental: true, since: '1.25' }),
    tag: list('Name and optionally a tag in the "name:tag" format', { short: 't', check: checkTag }),
    target: string('Set the target build stage to build.'),
    timings: timingsFlag(),
    ulimit: ulimit('Ulimit options'),
  },
  async run({ arguments: [source = ''], flags, given }, cli) {
    refuseContentTrust(cli, flags['disable-content-trust'], given('disable-content-trust'));
    using timings = flags.timings ? (await import('../../timings.ts')).Timings.of(cli) : undefined;
    if (flags.iidfile !== '') rmSync(flags.iidfile, { force: true });
    await using context = await buildContext(cli, source, flags.file).catch((error: unknown) => {
      throw new Exit(1, /^(?:invalid|error checking context)/.test(messageOf(error)) ? messageOf(error) : `unable to prepare context: ${messageOf(error)}`, { cause: error });
    });
    const progress = flags.quiet ? new Collected() : cli.stdout;
    const log = flags.quiet ? new Collected() : cli.stdout;
    const body = sent(countedContext(flags.compress && source !== '-' ? compressed(context.archive()) : context.archive(), progress), () => timings?.lap('packing and sending the context'));
    const headers = { 'X-Registry-Config': headerOf(await credentialsOrNone(cli.config)) };
    const query = buildQuery(flags, context.dockerfile, cli);
    const answer = await cli.engine().open(calls.build, { query, headers, body, contentType: 'application/x-tar', signal: cli.interrupted });
    const id = await follow(answer.body, log, (message) => timings?.progressed(message)).catch((error: unknown) => {
      if (progress instanceof Collected && log instanceof Collected) cli.stderr.write(progress.text + log.text);
      throw error;
    });
    if (flags.iidfile !== '') writeId(flags.iidfile, id);
    if (log instanceof Collected) cli.stdout.write(log.text);
    timings?.ends('building');
  },
});

function writeId(path: string, id: string): void {
  try {
    writeFileSync(path, id);
  } catch (error) {
    throw fileComplaint(error, 'open', path);
  }
}

/** Passes the bytes on, and tells when the last of them has gone. */
async function* sent(bytes: AsyncIterable<Uint8Array>, onEnd: () => void): AsyncGenerator<Uint8Array> {
  yield* bytes;
  onEnd();
}

/** Shows the build and gives the image's id. A step that fails gives its exit code to this command. */
async function follow(body: AsyncIterable<Buffer>, log: Output, onMessage: (message: ProgressMessage) => void): Promise<string> {
  let id = '';
  try {
    await showProgress(body, log, (aux) => (id = (aux as { ID?: string }).ID ?? id), onMessage);
  } catch (error) {
    if (!(error instanceof StreamFailure)) throw error;
    throw new Exit(error.code || 1, error.message, { cause: error });
  }
  return id || (log instanceof Collected ? log.text.trim() : '');
}

/** What a quiet build says: shown only when it fails. */
class Collected implements Output {
  readonly isTerminal = false;
  readonly columns = 0;
  readonly rows = 0;
  text = '';

  write(part: string | Uint8Array): void {
    this.text += typeof part === 'string' ? part : Buffer.from(part).toString();
  }
}

/** `-t NAME[:TAG]`. Throws InvalidArgument. */
function checkTag(name: string): string {
  parseReference(name);
  return name;
}
