import type { Cli } from '../cli.ts';
import { Exit } from '../command/exit.ts';

/** Asks and waits for an answer; only `y` is one. Ctrl-C is one too: throws Exit 0, as Docker ends without a complaint. */
export async function confirmed(cli: Cli, question: string): Promise<boolean> {
  cli.stdout.write(`${question} [y/N] `);
  const interrupted = Promise.withResolvers<never>();
  using signals = cli.takeSignals((signal) => {
    if (signal === 'SIGINT' || signal === 'SIGTERM') interrupted.reject(new Exit(0));
  });
  void signals;
  try {
    return /^y$/i.test((await Promise.race([readLine(cli), interrupted.promise])).trim());
  } catch (error) {
    if (error instanceof Exit) cli.stdout.write('\n');
    throw error;
  }
}

/** One line of standard input, without its end. */
export async function readLine(cli: Cli): Promise<string> {
  let text = '';
  for await (const chunk of cli.stdin.bytes()) {
    text += chunk.toString();
    if (text.includes('\n')) break;
  }
  return text.split('\n', 1)[0] ?? '';
}
