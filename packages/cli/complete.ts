/**
 * `__complete WORD…`: what the last word could become, one candidate a line with a tab and its description, then `:N`
 * (the protocol of cobra's completion scripts).
 */
import { calls } from '#client';
import type { Cli } from './cli.ts';
import { childOf, type Command, type Group, type Leaf } from './command/command.ts';
import type { Flags } from './command/flag.ts';
import { tree } from './commands/tree.ts';
import { globalFlags } from './global-flags.ts';

type Candidate = readonly [word: string, description: string];

const noFiles = 4;
const files = 0;

/** Prints the candidates; always succeeds. */
export async function complete(words: readonly string[], cli: Cli): Promise<number> {
  const last = words.at(-1) ?? '';
  const { node, command, rest } = await locate(words.slice(0, -1));
  const [candidates, directive] = last.startsWith('-') ? [flagsOf(command?.flags ?? globalFlags(cli.env)), noFiles] : await argumentsOf(cli, node, command, rest);
  for (const [word, description] of candidates) if (word.startsWith(last)) cli.stdout.write(`${word}\t${description}\n`);
  cli.stdout.write(`:${directive}\n`);
  return 0;
}

/** The group or command that the words lead to, and what was typed after it. */
async function locate(words: readonly string[]): Promise<{ node: Group | Leaf; command: Command | undefined; rest: readonly string[] }> {
  let node: Group | Leaf = tree;
  for (const [index, word] of words.entries()) {
    if (node.kind === 'leaf') return { node, command: (await node.load?.())?.default, rest: words.slice(index) };
    const child: Group | Leaf | undefined = childOf(node, word);
    if (child) node = child;
  }
  return { node, command: node.kind === 'leaf' ? (await node.load?.())?.default : undefined, rest: [] };
}

function flagsOf(flags: Flags): Candidate[] {
  return Object.entries(flags)
    .filter(([, flag]) => !flag.restrictions.hidden && flag.restrictions.aliasOf === undefined)
    .map(([name, flag]) => [`--${name}`, flag.description.split('\n', 1)[0] ?? ''] as const);
}

async function argumentsOf(cli: Cli, node: Group | Leaf, command: Command | undefined, rest: readonly string[]): Promise<[Candidate[], number]> {
  if (node.kind === 'group') return [node.children.filter((child) => !child.hidden).map((child) => [child.name, child.short]), noFiles];
  const kind = command?.completes;
  if (!kind) return [[], files];
  const before = rest.filter((word) => !word.startsWith('-'));
  if (command.interspersed === false && before.length > 0) return [[], files];
  const names = await namesOf(cli, kind).catch(() => []); // no engine, no names: nothing is completed, nothing is printed
  return [names.filter((name) => !before.includes(name)).map((name) => [name, '']), noFiles];
}

async function namesOf(cli: Cli, kind: NonNullable<Command['completes']>): Promise<string[]> {
  const engine = cli.engine();
  switch (kind) {
    case 'container': case 'running': {
      const containers = await engine.call(calls.containerList, { query: { all: kind === 'container' } });
      return containers.flatMap(({ Names }) => (Names ?? []).map((name) => name.replace(/^\//, '')));
    }
    case 'image': return (await engine.call(calls.imageList)).flatMap(({ RepoTags }) => (RepoTags ?? []).filter((name) => name !== '<none>:<none>'));
    case 'network': return (await engine.call(calls.networkList)).map(({ Name }) => Name);
    case 'volume': return ((await engine.call(calls.volumeList)).Volumes ?? []).map(({ Name }) => Name);
  }
}
