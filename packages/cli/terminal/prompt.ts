/** Questions on the terminal. Ctrl-C and SIGTERM are answers, too: Exit 0 is thrown, as docker ends without a complaint. */
import type { ReadStream } from 'node:tty';
import type { Cli } from '../cli.ts';
import { Exit } from '../command/exit.ts';
import { interrupts } from './signals.ts';
import type { Typed } from './typed.ts';

/** Asks and waits for an answer; only `y` is yes. */
export async function confirmed(cli: Cli, question: string): Promise<boolean> {
  return /^y$/i.test(await askLine(cli, `${question} [y/N] `));
}

/** Asks for a line, which is given without blanks around it. */
export async function askLine(cli: Cli, question: string): Promise<string> {
  cli.stdout.write(question);
  try {
    return ((await unlessInterrupted(cli, cli.stdin.typed.line())) ?? '').trim();
  } catch (error) {
    if (error instanceof Exit) cli.stdout.write('\n');
    throw error;
  }
}

/** Asks for a line that the terminal does not show. */
export async function askSecret(cli: Cli, question: string): Promise<string> {
  const stream = cli.stdin.stream as ReadStream | undefined;
  stream?.setRawMode?.(true); // before the question: who answers it at once is not shown either
  cli.stdout.write(question);
  try {
    return (await unlessInterrupted(cli, hiddenLine(cli.stdin.typed))).trim();
  } finally {
    stream?.setRawMode?.(false);
    cli.stdout.write('\n');
  }
}

async function unlessInterrupted<T>(cli: Cli, answer: Promise<T>): Promise<T> {
  const interrupted = Promise.withResolvers<never>();
  using _signals = cli.takeSignals(() => interrupted.reject(new Exit(0)), interrupts);
  return await Promise.race([answer, interrupted.promise]);
}

const ends = new Set(['\r', '\n', '\x04']);
const erases = new Set(['\x7f', '\b']);
const [interrupt, eraseLine] = ['\x03', '\x15'];

/** A line of keys, as a raw terminal gives them. */
async function hiddenLine(typed: Typed): Promise<string> {
  let text = '';
  for (let chunk = await typed.chunk(); chunk; chunk = await typed.chunk()) {
    const keys = Array.from(chunk.toString());
    for (const [index, key] of keys.entries()) {
      if (ends.has(key)) {
        typed.unread(Buffer.from(keys.slice(index + 1).join('')));
        return text;
      }
      if (key === interrupt) process.kill(process.pid, 'SIGINT');
      else if (erases.has(key)) text = Array.from(text).slice(0, -1).join('');
      else text = key === eraseLine ? '' : text + key;
    }
  }
  return text;
}
