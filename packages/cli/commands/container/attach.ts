import { InvalidArgument } from '#base';
import { calls, type ContainerInspect } from '#client';
import type { Cli } from '../../cli.ts';
import { exactly } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { Exit } from '../../command/exit.ts';
import { bool, string } from '../../command/flag-types.ts';
import { followWindowSize } from '../../terminal/window-size.ts';
import { idOf } from '../each.ts';
import { forwardSignals } from './forward-signals.ts';
import { stream } from './stream.ts';
import { checkTty } from './wait-for-exit.ts';

/** `attach CONTAINER`: its streams and this command's, until it ends or the detach keys are typed. */
export default command({
  usage: '[OPTIONS] CONTAINER',
  takes: exactly(1),
  completes: ['running'],
  flags: {
    'detach-keys': string('Override the key sequence for detaching a container'),
    'no-stdin': bool('Do not attach STDIN'),
    'sig-proxy': bool('Proxy all received signals to the process', { initial: true }),
  },
  async run({ arguments: [name = ''], flags }, cli) {
    const id = idOf('container', name);
    const waiting = waitForEnd(cli, id);
    const { Config, State } = await cli.engine().call(calls.containerInspect, { path: { id } });
    checkRunning(State);
    checkTty(cli, !flags['no-stdin'], Config.Tty);
    const detachKeys = flags['detach-keys'] || cli.config.values.detachKeys || '';
    const plan = { stdin: !flags['no-stdin'] && Config.OpenStdin, stdout: true, stderr: true, tty: Config.Tty, detachKeys };
    using _signals = flags['sig-proxy'] && !Config.Tty ? forwardSignals(cli, id) : undefined;
    const connection = await cli.engine().hijack(calls.containerAttach, { path: { id }, query: { stream: true, stdin: plan.stdin, stdout: true, stderr: true, detachKeys: detachKeys || undefined } });
    checkRunning((await cli.engine().call(calls.containerInspect, { path: { id } })).State); // it may have ended before it was attached to
    using _window = Config.Tty && cli.stdout.isTerminal ? await redraw(cli, id) : undefined;
    if ((await stream(connection, plan, cli)) === 'detached') throw new Exit(1, 'read escape sequence');
    return waiting;
  },
});

function waitForEnd(cli: Cli, id: string): Promise<number> {
  const waiting = cli.engine().call(calls.containerWait, { path: { id } }).then(({ StatusCode }) => StatusCode);
  waiting.catch(() => {}); // an unknown container is told by the inspection that follows
  return waiting;
}

function checkRunning(state: ContainerInspect['State']): void {
  if (!state.Running) throw new InvalidArgument('You cannot attach to a stopped container, start it first');
  if (state.Paused) throw new InvalidArgument('You cannot attach to a paused container, unpause it first');
  if (state.Restarting) throw new InvalidArgument('You cannot attach to a restarting container, wait until it is running');
}

/** A size that differs by one and then the true one: the program inside sees a change and draws its screen anew. */
async function redraw(cli: Cli, id: string): Promise<Disposable> {
  const { rows, columns } = cli.stdout;
  await cli.engine().call(calls.containerResize, { path: { id }, query: { h: rows + 1, w: columns + 1 } }).catch(() => {}); // it may have ended: the stream tells
  return followWindowSize(cli, calls.containerResize, id);
}
