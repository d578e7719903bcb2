import { messageOf } from '#base';
import { calls } from '#client';
import type { Cli } from '../../cli.ts';
import { atLeast } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { Exit } from '../../command/exit.ts';
import { bool, string } from '../../command/flag-types.ts';
import { followWindowSize } from '../../terminal/window-size.ts';
import { idOf } from '../each.ts';
import { forwardSignals } from './forward-signals.ts';
import { stream } from './stream.ts';
import { waitForExit } from './wait-for-exit.ts';

/** `start CONTAINER…`; with `-a` or `-i` one container, whose streams are joined with this command's. */
export default command({
  usage: '[OPTIONS] CONTAINER [CONTAINER...]',
  takes: atLeast(1),
  completes: 'stopped',
  flags: {
    attach: bool('Attach STDOUT/STDERR and forward signals', { short: 'a' }),
    checkpoint: string('Restore from this checkpoint', { os: 'linux', experimental: true }),
    'checkpoint-dir': string('Use a custom checkpoint storage directory', { os: 'linux', experimental: true }),
    'detach-keys': string('Override the key sequence for detaching a container'),
    interactive: bool("Attach container's STDIN", { short: 'i' }),
  },
  async run({ arguments: names, flags }, cli) {
    const query = flags.checkpoint === '' ? {} : { checkpoint: flags.checkpoint, 'checkpoint-dir': flags['checkpoint-dir'] || undefined };
    const [name = '', ...others] = names;
    if (!flags.attach && !flags.interactive) return flags.checkpoint === '' ? startAll(cli, names, query) : restore(cli, names, query);
    if (others.length > 0) throw new Exit(1, 'you cannot start and attach multiple containers at once');
    return startAttached(cli, name, flags.interactive, flags['detach-keys'] || cli.config.values.detachKeys || '', query);
  },
});

type StartQuery = Readonly<Record<string, string | undefined>>;

/** From a checkpoint, in silence, as docker does. Throws Exit where there are more than one. */
async function restore(cli: Cli, [name = '', ...others]: readonly string[], query: StartQuery): Promise<number> {
  if (others.length > 0) throw new Exit(1, 'you cannot restore multiple containers at once');
  await cli.engine().call(calls.containerStart, { path: { id: idOf('container', name) }, query });
  return 0;
}

async function startAll(cli: Cli, names: readonly string[], query: StartQuery): Promise<number> {
  const failed: string[] = [];
  for (const name of names) {
    try {
      await cli.engine().call(calls.containerStart, { path: { id: idOf('container', name) }, query });
      cli.stdout.write(`${name}\n`);
    } catch (error) {
      cli.stderr.write(`${messageOf(error)}\n`);
      failed.push(name);
    }
  }
  if (failed.length > 0) throw new Exit(1, `Error: failed to start containers: ${failed.join(', ')}`);
  return 0;
}

async function startAttached(cli: Cli, name: string, interactive: boolean, detachKeys: string, query: StartQuery): Promise<number> {
  const { Id: id, Config, HostConfig } = await cli.engine().call(calls.containerInspect, { path: { id: idOf('container', name) } });
  const plan = { stdin: interactive && Config.OpenStdin, stdout: true, stderr: true, tty: Config.Tty, detachKeys };
  using _signals = forwardSignals(cli, id);
  const connection = await cli.engine().hijack(calls.containerAttach, { path: { id }, query: { stream: true, stdin: plan.stdin, stdout: true, stderr: true, detachKeys: detachKeys || undefined } });
  const { exitCode } = await waitForExit(cli, id, HostConfig.AutoRemove);
  const streaming = stream(connection, plan, cli);
  streaming.catch(() => {}); // a failed start is told first
  try {
    await cli.engine().call(calls.containerStart, { path: { id }, query });
  } catch (error) {
    connection[Symbol.dispose]();
    throw error;
  }
  using _window = Config.Tty && cli.stdout.isTerminal ? followWindowSize(cli, calls.containerResize, id) : undefined;
  return (await streaming) === 'detached' ? 0 : exitCode();
}
