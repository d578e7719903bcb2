/**
 * `run IMAGE [COMMAND] [ARG...]`: create, attach, wait, start, in this order, so that no output and no end is missed;
 * then stream until the process ends, and exit with its code.
 */
import { messageOf } from '#base';
import { calls, type Hijacked } from '#client';
import type { Cli } from '../../cli.ts';
import { atLeast } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { Exit } from '../../command/exit.ts';
import { bool, string } from '../../command/flag-types.ts';
import { platformFlag } from '../../command/platform-flag.ts';
import { timingsFlag } from '../../command/timings-flag.ts';
import { followWindowSize } from '../../terminal/window-size.ts';
import { contentTrustFlag, refuseContentTrust } from '../content-trust.ts';
import type { Timings } from '../../timings.ts';
import { withHelp } from '../with-help.ts';
import { createContainer } from './create-container.ts';
import { forwardSignals } from './forward-signals.ts';
import { type CreateBody, createBody } from './options/body.ts';
import { containerFlags } from './options/flags.ts';
import { checkPullPolicy } from './options/pull-policy.ts';
import { stream, type StreamPlan } from './stream.ts';
import { checkTty, waitForExit } from './wait-for-exit.ts';

export default command({
  usage: '[OPTIONS] IMAGE [COMMAND] [ARG...]',
  takes: atLeast(1),
  completes: 'image',
  interspersed: false,
  flags: {
    ...containerFlags,
    detach: bool('Run container in background and print container ID', { short: 'd' }),
    'detach-keys': string('Override the key sequence for detaching a container'),
    'disable-content-trust': contentTrustFlag(),
    name: string('Assign a name to the container'),
    platform: platformFlag(),
    pull: string('Pull image before running ("always", "missing", "never")', { initial: 'missing' }),
    quiet: bool('Suppress the pull output', { short: 'q' }),
    'sig-proxy': bool('Proxy received signals to the process', { initial: true }),
    timings: timingsFlag(),
  },
  async run({ arguments: [image = '', ...words], flags, given }, cli) {
    refuseContentTrust(cli, flags['disable-content-trust'], given('disable-content-trust'));
    using timings = flags.timings ? (await import('../../timings.ts')).Timings.of(cli) : undefined;
    const { name, platform, pull, quiet, detach } = flags;
    const body = refusing(cli, 125, () => {
      checkPullPolicy(pull);
      return createBody(flags, given, image, words);
    });
    if (detach) detachBody(body, flags.attach.length > 0);
    else checkTty(cli, body.AttachStdin, body.Tty);
    const id = await createContainer(cli, { body, name, platform, pull, quiet, sharesSocket: flags['use-api-socket'] }).catch((error: unknown) => fail(cli, error));
    timings?.lap('creating the container');
    const plan: StreamPlan = { stdin: body.AttachStdin, stdout: body.AttachStdout, stderr: body.AttachStderr, tty: body.Tty, detachKeys: flags['detach-keys'] || cli.config.values.detachKeys || '' };
    return await runCreated(cli, id, body.HostConfig.AutoRemove, plan, flags['sig-proxy'], timings);
  },
});

/** Attaches, starts and stays until the end. Gives the exit code. */
async function runCreated(cli: Cli, id: string, removed: boolean, plan: StreamPlan, proxiesSignals: boolean, timings: Timings | undefined): Promise<number> {
  const shown = plan.stdout || plan.stderr;
  const attached = shown || plan.stdin;
  const [connection, { exitCode }] = await Promise.all([attached ? attach(cli, id, plan) : undefined, waitForExit(cli, id, removed)]);
  timings?.lap(attached ? 'attaching to it, and waiting for its end' : 'waiting for its end');
  using _signals = attached && proxiesSignals ? forwardSignals(cli, id) : undefined;
  const streaming = connection && stream(connection, plan, cli);
  streaming?.catch(() => {}); // a failed start is told first
  try {
    await cli.engine().call(calls.containerStart, { path: { id } });
  } catch (error) {
    connection?.[Symbol.dispose]();
    if (!shown) cli.stdout.write(`${id}\n`);
    if (removed) await exitCode().catch(() => 0); // its removal is what matters, not its end
    return fail(cli, error);
  }
  timings?.lap('starting it');
  using _window = attached && plan.tty && cli.stdout.isTerminal ? followWindowSize(cli, calls.containerResize, id) : undefined;
  if (!shown) cli.stdout.write(`${id}\n`);
  const left = streaming && (await streaming) === 'detached';
  if (streaming) timings?.lap(left ? 'its own time, until it was left' : 'its own time');
  const code = shown && !left ? await exitCode() : 0;
  timings?.ends(left || !shown ? 'coming to an end' : removed ? 'hearing of its end, and its removal' : 'hearing of its end');
  return code;
}

function attach(cli: Cli, id: string, { stdin, stdout, stderr, detachKeys }: StreamPlan): Promise<Hijacked> {
  return cli.engine().hijack(calls.containerAttach, { path: { id }, query: { stream: true, stdin, stdout, stderr, detachKeys: detachKeys || undefined } });
}

/** A container in the background keeps no stream of this command. Throws Exit. */
function detachBody(body: CreateBody, attachGiven: boolean): void {
  if (attachGiven) throw new Exit(1, 'conflicting options: cannot specify both --attach and --detach');
  body.AttachStdin = false;
  body.AttachStdout = false;
  body.AttachStderr = false;
  body.StdinOnce = false;
}

function refusing<T>(cli: Cli, code: number, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new Exit(code, withHelp(cli.program, 'run', messageOf(error)), { cause: error });
  }
}

/** 127 for a command that is not there, 126 for one that cannot be run, 125 for the rest: told by the engine's words, as Docker does. */
function fail(cli: Cli, error: unknown): never {
  const message = messageOf(error);
  const code = /executable file not found|no such file or directory|system cannot find the file specified/.test(message) ? 127
    : /permission denied|is a directory/.test(message) ? 126
      : 125;
  throw new Exit(code, withHelp(cli.program, 'run', message), { cause: error });
}
