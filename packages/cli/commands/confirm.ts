import type { Cli } from '../cli.ts';

/** Asks and waits for an answer; only `y` is one. */
export async function confirmed(cli: Cli, question: string): Promise<boolean> {
  cli.stdout.write(`${question} [y/N] `);
  return /^y$/i.test((await readLine(cli)).trim());
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
