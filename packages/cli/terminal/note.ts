import type { Output } from './streams.ts';

const badge = '\x1b[1m\x1b[106m\x1b[30mi\x1b[0m\x1b[0m \x1b[96mInfo → \x1b[0m\x1b[0m';
const indent = ' '.repeat(9);

/** Prints a note of one or more lines, on a terminal in colour. */
export function printNote(output: Output, text: string): void {
  const shown = (line: string): string => (output.isTerminal ? `\x1b[3m${line}\x1b[0m` : line);
  const lines = text.split('\n').map((line, index) => `${index === 0 ? '' : indent}${shown(line)}\n`);
  output.write(`\n${output.isTerminal ? badge : ' Info -> '}${lines.join('')}`);
}
