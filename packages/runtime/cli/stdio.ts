/** Joins a process's stdio with this command's own, until it ends. */
import type { OciProcess } from '#spec';
import type { Attachment, Process, StdioOptions } from '../port.ts';

const forwarded = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGUSR1', 'SIGUSR2'] as const;
const numbers: Readonly<Record<(typeof forwarded)[number], number>> = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGTERM: 15, SIGUSR1: 10, SIGUSR2: 12 };

/** Stdio of a process that is watched, or of one that is left alone. */
export function stdioOf(process: OciProcess | undefined, detached: boolean): StdioOptions {
  return { terminal: process?.terminal === true, stdin: !detached, stdinOnce: !detached, log: undefined, detached };
}

/** Attaches before `start` lets the process go; resolves with its exit code. */
export async function runAttached(process: Process, terminal: boolean, start: () => Promise<void>): Promise<number> {
  await using attachment = await process.attach({ stdin: true, stdout: true, stderr: true });
  using _signals = forwardSignals(process);
  using _terminal = terminal ? rawTerminal(process) : undefined;
  const output = copyOutput(attachment);
  await start();
  if (attachment.stdin) globalThis.process.stdin.pipe(attachment.stdin);
  const { code } = await process.wait();
  await output;
  return code;
}

async function copyOutput(attachment: Attachment): Promise<void> {
  const { stdout, stderr } = globalThis.process;
  for await (const { stream, bytes } of attachment.output) {
    const to = stream === 2 ? stderr : stdout;
    if (!to.write(bytes)) await new Promise((drained) => to.once('drain', drained));
  }
}

function forwardSignals(process: Process): Disposable {
  const undo = forwarded.map((name) => {
    const send = (): void => void process.kill(numbers[name]).catch(() => undefined); // it may have ended just now
    globalThis.process.on(name, send);
    return () => globalThis.process.off(name, send);
  });
  return { [Symbol.dispose]: () => undo.forEach((off) => off()) };
}

function rawTerminal(process: Process): Disposable {
  const { stdin, stdout } = globalThis.process;
  const resize = (): void => void process.resize(stdout.columns, stdout.rows).catch(() => undefined);
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
