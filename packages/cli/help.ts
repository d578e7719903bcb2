/** `--help` and the `help` command: pages for what the daemon at hand supports; all of it when none answers. */
import { compareVersions, type Ping } from '#client';
import type { Cli } from './cli.ts';
import { childOf, type Command, type Group, type Leaf, leaf, type Loader } from './command/command.ts';
import { Exit } from './command/exit.ts';
import { shortHelp } from './command/parse-flags.ts';
import { commandHelp, groupHelp, type HelpScope, rootHelp } from './command/usage.ts';
import { sectionsShown, tree } from './commands/tree.ts';
import { globalFlags } from './global-flags.ts';

const oldShort = `${shortHelp}\n`;
const defaultColumns = 80;

/** The first page. `short` when it was asked for by `-h`, which Docker wants no more. */
export async function rootPage(cli: Cli, short: boolean): Promise<string> {
  if (short) cli.stderr.write(oldShort);
  const { version, ...shown } = globalFlags(cli.env);
  return rootHelp(cli.program, 'A self-sufficient runtime for containers', await sectionsWithPlugins(cli), { ...shown, ...(version ? { version } : {}) }, columnsOf(cli), await scopeOf(cli));
}

/** Every command, plugins among those that manage things, marked; those that cannot be run last, each with the reason. */
async function sectionsWithPlugins(cli: Cli): Promise<ReturnType<typeof sectionsShown>> {
  const plugins = await (await import('./plugins/find.ts')).allPlugins(cli);
  const sections = sectionsShown(cli.env);
  if (plugins.length === 0) return sections;
  const [usable, invalid] = [plugins.filter(({ Err }) => Err === undefined), plugins.filter(({ Err }) => Err !== undefined)];
  const buildx = usable.some(({ Name }) => Name === 'buildx');
  const shown = usable.map(({ Name, ShortDescription = '' }) => leaf(`${Name}*`, ShortDescription));
  return [
    ...sections.map(([title, nodes]): ReturnType<typeof sectionsShown>[number] => {
      if (title === 'Management Commands') return [title, [...nodes, ...shown].sort((a, b) => (a.name < b.name ? -1 : 1))];
      return buildx && title === 'Common Commands' ? [title, nodes.flatMap((node) => (node.name === 'build' ? [node, leaf('bake', 'Build from a file')] : [node]))] : [title, nodes];
    }),
    ['Invalid Plugins', invalid.map(({ Name, Err = '' }) => leaf(Name, Err))],
  ];
}

/** The page of a group. */
export async function groupPage(group: Group, path: string, cli: Cli, short: boolean): Promise<string> {
  return (short ? oldShort : '') + groupHelp(path, group, await scopeOf(cli));
}

/** The page of a command. */
export async function commandPage(leaf: Leaf, command: Command, path: string, cli: Cli, short: boolean): Promise<string> {
  const known = command.alsoKnownAs?.map((name) => `${cli.program} ${name}`) ?? pathsTo(leaf.load, cli.program);
  return (short ? oldShort : '') + commandHelp(path, leaf, command, known, columnsOf(cli), await scopeOf(cli));
}

/** `help container run`: the page of what the words after `help` name, a plugin's its own. Throws Exit for what does not exist. */
export async function helpCommand(options: readonly string[], [, ...words]: readonly string[], cli: Cli): Promise<number> {
  const [first] = words;
  if (first !== undefined && !childOf(tree, first) && (await (await import('./plugins/instead.ts')).helpInstead(options, ['help', ...words], cli))) return 0;
  let node: Group | Leaf = tree;
  let path = cli.program;
  for (const [index, word] of words.entries()) {
    const child: Group | Leaf | undefined = node.kind === 'group' ? childOf(node, word) : undefined;
    if (!child) throw new Exit(1, `unknown help topic: ${words.slice(index).join(' ')}`);
    node = child;
    path += ` ${node.name}`;
  }
  return await printPage(node, path, cli);
}

/** `--help container run`: the page of the last command that the words name. */
export async function helpFor(words: readonly string[], cli: Cli): Promise<number> {
  let node: Group | Leaf = tree;
  let path = cli.program;
  for (const word of words) {
    const child: Group | Leaf | undefined = node.kind === 'group' ? childOf(node, word) : undefined;
    if (!child) break;
    node = child;
    path += ` ${node.name}`;
  }
  return await printPage(node, path, cli);
}

async function printPage(node: Group | Leaf, path: string, cli: Cli): Promise<number> {
  if (node === tree) cli.stdout.write(await rootPage(cli, false));
  else if (node.kind === 'group') cli.stdout.write(await groupPage(node, path, cli, false));
  else if (node.load) cli.stdout.write(await commandPage(node, (await node.load()).default, path, cli, false));
  else throw new Exit(1, `${path}: not supported: there is no swarm mode`);
  return 0;
}

/** Every path under which the tree has this command, groups first. */
function pathsTo(load: Loader | undefined, program: string): string[] {
  const found = (group: Group, path: string): string[] =>
    group.children.flatMap((child) => {
      if (child.kind === 'group') return found(child, `${path} ${child.name}`);
      return child.load === load ? [child.name, ...child.aliases].map((name) => `${path} ${name}`) : [];
    });
  return load === undefined ? [] : found(tree, program).sort((a, b) => depth(b) - depth(a));
}

function depth(path: string): number {
  return path.split(' ').length;
}

/** One less than the terminal has, as Docker wraps. */
function columnsOf(cli: Cli): number {
  return (cli.stdout.isTerminal ? cli.stdout.columns : defaultColumns) - 1;
}

async function scopeOf(cli: Cli): Promise<HelpScope> {
  const ping = await answered(cli);
  const isDocker = cli.program === 'docker';
  if (!ping) return { shows: ({ own }) => !(own && isDocker) };
  const version = cli.engine().version;
  return {
    shows: ({ since, os, experimental, own, swarmManager }) =>
      !(own && isDocker) && !(swarmManager && ping.swarm !== '' && !ping.swarm.endsWith('/manager')) && (since === undefined || compareVersions(version, since) >= 0) && (os === undefined || ping.osType === '' || os === ping.osType) && (!experimental || ping.experimental),
  };
}

/** Help never fails for want of a daemon. */
async function answered(cli: Cli): Promise<Ping | undefined> {
  try {
    return await cli.engine().ping();
  } catch {
    return undefined;
  }
}
