import { InvalidArgument } from '#base';
import { chomp, heredocOf, type Heredoc } from '../heredoc.ts';
import type { Node } from '../parse.ts';
import { flagOf, readFlags, type FlagTypes } from './flags.ts';
import type { CopyInstruction, InlineFile } from './model.ts';

const flagsOf: Readonly<Record<'copy' | 'add', FlagTypes>> = {
  copy: { chmod: 'text', chown: 'text', exclude: 'many', from: 'text', link: 'boolean', parents: 'boolean' },
  add: { checksum: 'text', chmod: 'text', chown: 'text', exclude: 'many', 'keep-git-dir': 'boolean', link: 'boolean', unpack: 'boolean' },
};

/** COPY and ADD. Throws InvalidArgument without a destination. */
export function readCopy(kind: 'copy' | 'add', node: Node, common: { code: string; line: number }): CopyInstruction {
  if (node.args.length < 2) {
    throw new InvalidArgument(
      `${kind.toUpperCase()} requires at least two arguments, but only one was provided. Destination could not be determined`,
    );
  }
  const flags = readFlags(node.flags, flagsOf[kind]);
  const unpack = flagOf(flags, 'unpack');
  return {
    ...common,
    kind,
    ...sourcesOf(kind, node),
    from: flagOf(flags, 'from'),
    chown: flagOf(flags, 'chown'),
    chmod: flagOf(flags, 'chmod'),
    link: flagOf(flags, 'link') === 'true',
    parents: flagOf(flags, 'parents') === 'true',
    exclude: flags.filter((flag) => flag.name === 'exclude').map((flag) => flag.value),
    keepGitDir: flagOf(flags, 'keep-git-dir') === 'true',
    checksum: flagOf(flags, 'checksum'),
    unpack: unpack === '' ? undefined : unpack === 'true',
  };
}

function sourcesOf(kind: string, node: Node): Pick<CopyInstruction, 'sources' | 'inline' | 'destination'> {
  const destination = node.args.at(-1) ?? '';
  if (node.heredocs.length === 0) return { sources: node.args.slice(0, -1), inline: [], destination };
  if (heredocOf(destination)) throw new InvalidArgument(`${kind.toUpperCase()} cannot accept a heredoc as a destination`);
  const byName = new Map(node.heredocs.map((heredoc) => [heredoc.name, heredoc]));
  const sources: string[] = [];
  const inline: InlineFile[] = [];
  for (const word of node.args.slice(0, -1)) {
    const announced = heredocOf(word);
    if (announced) inline.push(inlineFile(byName.get(announced.name) ?? announced));
    else sources.push(word);
  }
  return { sources, inline, destination };
}

function inlineFile(heredoc: Heredoc): InlineFile {
  return { name: heredoc.name, content: heredoc.chomp ? chomp(heredoc.content) : heredoc.content, expand: heredoc.expand };
}
