import { calls } from '#client';
import { InvalidArgument, isKind } from '#base';
import type { Cli } from '../../cli.ts';
import { atLeast } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { Exit } from '../../command/exit.ts';
import { bool, list, string } from '../../command/flag-types.ts';
import { followWindowSize } from '../../terminal/window-size.ts';
import { idOf } from '../each.ts';
import { checkEnvironment } from './options/checks.ts';
import { readEnvironmentFiles } from './options/files.ts';
import { stream, type StreamPlan } from './stream.ts';
import { checkTty } from './wait-for-exit.ts';

/** `exec CONTAINER COMMAND [ARG...]`. */
export default command({
  usage: '[OPTIONS] CONTAINER COMMAND [ARG...]',
  takes: atLeast(2),
  completes: ['running'],
  interspersed: false,
  flags: {
    detach: bool('Detached mode: run command in the background', { short: 'd' }),
    'detach-keys': string('Override the key sequence for detaching a container'),
    env: list('Set environment variables', { short: 'e', since: '1.25', check: checkEnvironment }),
    'env-file': list('Read in a file of environment variables', { since: '1.25' }),
    interactive: bool('Keep STDIN open even if not attached', { short: 'i' }),
    privileged: bool('Give extended privileges to the command'),
    tty: bool('Allocate a pseudo-TTY', { short: 't' }),
    user: string('Username or UID (format: "<name|uid>[:<group|gid>]")', { short: 'u' }),
    workdir: string('Working directory inside the container', { short: 'w', since: '1.35' }),
  },
  async run({ arguments: [name = '', ...words], flags }, cli) {
    const id = idOf('container', name);
    const environment = [...readEnvironmentFiles(flags['env-file']), ...flags.env];
    const detachKeys = flags['detach-keys'] || cli.config.values.detachKeys || '';
    await cli.engine().call(calls.containerInspect, { path: { id } });
    if (!flags.detach) checkTty(cli, flags.interactive, flags.tty);
    const attached = !flags.detach;
    const size = flags.tty ? { ConsoleSize: [cli.stdout.rows, cli.stdout.columns] } : {};
    const body = {
      User: flags.user, Privileged: flags.privileged, Tty: flags.tty, ...size,
      AttachStdin: attached && flags.interactive, AttachStderr: attached, AttachStdout: attached,
      DetachKeys: detachKeys, Detach: flags.detach, Env: environment.length === 0 ? null : environment, WorkingDir: flags.workdir, Cmd: words,
    };
    const { Id } = await cli.engine().call(calls.execCreate, { path: { id }, json: body });
    if (!Id) throw new InvalidArgument('exec ID empty');
    if (flags.detach) return startDetached(cli, Id, flags.tty, size);
    return startAttached(cli, Id, { stdin: flags.interactive, stdout: true, stderr: true, tty: flags.tty, detachKeys }, size);
  },
});

async function startDetached(cli: Cli, id: string, tty: boolean, size: object): Promise<number> {
  await cli.engine().call(calls.execStart, { path: { id }, json: { Detach: true, Tty: tty, ...size } });
  return 0;
}

async function startAttached(cli: Cli, id: string, plan: StreamPlan, size: object): Promise<number> {
  const connection = await cli.engine().hijack(calls.execStart, { path: { id }, json: { Detach: false, Tty: plan.tty, ...size } });
  const streaming = stream(connection, plan, cli);
  using _window = plan.tty && cli.stdin.isTerminal ? followWindowSize(cli, calls.execResize, id) : undefined;
  if ((await streaming) === 'detached') throw new Exit(1, 'read escape sequence');
  return exitCodeOf(cli, id);
}

const patience = 100;

/** What the process ended with, which may be known a moment after its output has ended. An engine that went away cannot say. */
async function exitCodeOf(cli: Cli, id: string): Promise<number> {
  for (let attempt = 0; ; attempt++) {
    try {
      const { ExitCode, Running } = await cli.engine().call(calls.execInspect, { path: { id } });
      if ((!Running && ExitCode !== null) || attempt === patience) return ExitCode ?? 0;
    } catch (error) {
      if (isKind(error, 'Unavailable')) return 1;
      throw error;
    }
    await new Promise((wake) => setTimeout(wake, 10));
  }
}
