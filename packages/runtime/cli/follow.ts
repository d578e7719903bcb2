/** Stays with a process until it ends: signals go to it, and its terminal is ours. */
import type { Launch } from '../direct/launch.ts';
import { signalProcess, useStreams } from '#kernel';

const forwarded = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGUSR1', 'SIGUSR2', 'SIGCONT', 'SIGALRM'] as const;
const numbers: Readonly<Record<(typeof forwarded)[number], number>> = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGTERM: 15, SIGUSR1: 10, SIGUSR2: 12, SIGCONT: 18, SIGALRM: 14 };
/** What a shell says of a process whose end nobody saw. */
const UNKNOWN = 255;

/** Attaches before `start` lets the process go; resolves with its exit code. */
export async function followToEnd(launch: Launch, terminal: boolean, start: () => Promise<void>): Promise<number> {
  using _launch = launch;
  using _signals = forwardSignals(launch.pid);
  if (!terminal) {
    await start();
    return (await launch.ending)?.code ?? UNKNOWN;
  }
  useStreams();
  await using attachment = await launch.attach();
  using _terminal = rawTerminal(launch);
  const output = copyOutput(attachment.output);
  await start();
  if (attachment.stdin) process.stdin.pipe(attachment.stdin);
  const ending = await launch.ending;
  await output;
  process.stdin.unpipe();
  return ending?.code ?? UNKNOWN;
}

async function copyOutput(output: AsyncIterable<{ readonly bytes: Uint8Array }>): Promise<void> {
  for await (const { bytes } of output) {
    if (!process.stdout.write(bytes)) await new Promise((drained) => process.stdout.once('drain', drained));
  }
  await new Promise((written) => process.stdout.write('', written));
}

function forwardSignals(pid: number): Disposable {
  const undo = forwarded.map((name) => {
    const send = (): void => void signalProcess(pid, numbers[name]);
    process.on(name, send);
    return () => process.off(name, send);
  });
  return { [Symbol.dispose]: () => undo.forEach((off) => off()) };
}

function rawTerminal(launch: Launch): Disposable {
  const { stdin, stdout } = process;
  const resize = (): void => void launch.resize(stdout.columns, stdout.rows).catch(() => undefined); // it may have ended just now
  if (stdin.isTTY) stdin.setRawMode(true);
  if (stdout.isTTY) {
    resize();
    stdout.on('resize', resize);
  }
  return {
    [Symbol.dispose]() {
      stdout.off('resize', resize);
      if (stdin.isTTY) stdin.setRawMode(false);
    },
  };
}
