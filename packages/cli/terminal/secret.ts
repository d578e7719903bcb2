import type { ReadStream } from 'node:tty';
import type { Cli } from '../cli.ts';

const [enter, newline, interrupt, endOfInput, erase, backspace] = ['\r', '\n', '\x03', '\x04', '\x7f', '\b'];

/** Asks for a line that the terminal does not show. */
export async function readSecret(cli: Cli, question: string): Promise<string> {
  cli.stdout.write(question);
  const stream = cli.stdin.stream as ReadStream | undefined;
  stream?.setRawMode?.(true);
  try {
    return await typed(cli.stdin.bytes());
  } finally {
    stream?.setRawMode?.(false);
    cli.stdout.write('\n');
  }
}

async function typed(bytes: AsyncIterable<Buffer>): Promise<string> {
  let text = '';
  for await (const chunk of bytes) {
    for (const character of chunk.toString()) {
      if (character === enter || character === newline || character === endOfInput) return text;
      if (character === interrupt) process.kill(process.pid, 'SIGINT');
      else if (character === erase || character === backspace) text = text.slice(0, -1);
      else text += character;
    }
  }
  return text;
}
