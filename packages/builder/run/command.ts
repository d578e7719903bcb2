/** What a RUN executes, its here-documents included (Dockerfile reference, "Here-documents"). */
import { heredocOf, type CommandLine, type Heredoc } from '#spec';

export interface RunCommand {
  /** Without the shell in front. */
  readonly args: readonly string[];
  /** A here-document that names its own interpreter: a file that the command executes. */
  readonly script: { readonly name: string; readonly content: string } | undefined;
}

/** Where such a file lies while it runs: below /dev, which is never part of a layer. */
export const scriptDirectory = '/dev/pipes';

/**
 * `RUN <<EOF` gives the text itself to the shell, or runs it as a file where it begins with `#!`; any other command with
 * here-documents goes to the shell as it was written, which reads them itself.
 */
export function runCommand({ args, heredocs }: CommandLine): RunCommand {
  const [first] = heredocs;
  if (!first) return { args, script: undefined };
  const [line = ''] = args;
  if (!isHeredocAlone(line)) return { args: [line + heredocs.map(written).join('')], script: undefined };
  if (!first.content.startsWith('#!')) return { args: [first.content], script: undefined };
  return { args: [`${scriptDirectory}/${first.name}`], script: { name: first.name, content: first.content } };
}

function isHeredocAlone(line: string): boolean {
  return heredocOf(line.trim()) !== undefined;
}

function written({ content, name }: Heredoc): string {
  return `\n${content}${name}`;
}
