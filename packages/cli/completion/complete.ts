/**
 * `__complete WORD…`: what the last word could become, one candidate a line with a tab and its description, then `:N`
 * (the protocol of cobra's completion scripts). N adds up: 2 no blank after the word, 4 no file names, 16 directories
 * alone.
 */
import type { Cli } from '../cli.ts';
import { noArguments } from '../command/arguments.ts';
import { childOf, type Command, type Group, type Leaf, type Subject } from '../command/command.ts';
import type { Flag, Flags } from '../command/flag.ts';
import { parseFlags } from '../command/parse-flags.ts';
import { namesOf } from './names.ts';
import { type Candidate, type Completion, files, noFiles, noSpace, nothing, valuesOf } from './values.ts';
import { sectionsShown, tree } from '../commands/tree.ts';
import { allPlugins } from '../plugins/find.ts';
import { globalFlags, globalOptions } from '../global-flags.ts';
import type { GlobalOptions } from '../global-options.ts';

const directories = 16;
const directiveNames: Readonly<Record<number, string>> = { 0: 'Default', 2: 'NoSpace', 4: 'NoFileComp', 6: 'NoSpace, ShellCompDirectiveNoFileComp', 16: 'FilterDirs' };

/** Prints the candidates; always succeeds. */
export async function complete(words: readonly string[], describes: boolean, cli: Cli): Promise<number> {
  const last = words.at(-1) ?? '';
  const { candidates, directive } = await completionOf(await locate(words.slice(0, -1), cli), last, cli);
  for (const [word, description] of candidates) cli.stdout.write(describes && description !== '' ? `${word}\t${description}\n` : `${word}\n`);
  cli.stdout.write(`:${directive}\n`);
  cli.stderr.write(`Completion ended with directive: ShellCompDirective${directiveNames[directive] ?? 'Default'}\n`);
  return 0;
}

/** The options before the command, as far as the words can be read. */
export function globalsAmong(words: readonly string[], env: Cli['env']): GlobalOptions {
  const flags = globalFlags(env);
  for (let count = words.length; ; count--) {
    try {
      return globalOptions(parseFlags(words.slice(0, count), flags, false));
    } catch (error) {
      if (count === 0) throw error; // no words, no mistake in them
    }
  }
}

/** Where the words lead. */
interface Place {
  /** The command's words. */
  readonly path: readonly string[];
  readonly node: Group | Leaf | undefined;
  readonly command: Command | undefined;
  readonly flags: Flags;
  /** Arguments so far. */
  readonly given: readonly string[];
  /** With their values, where they have been given as words. */
  readonly flagsGiven: ReadonlyMap<string, string>;
  /** The flag that the last word is the value of. */
  readonly pending: string | undefined;
}

async function locate(words: readonly string[], cli: Cli): Promise<Place> {
  let node: Group | Leaf | undefined = tree;
  let command: Command | undefined;
  let flags = globalFlags(cli.env);
  let pending: string | undefined;
  const given: string[] = [];
  const path: string[] = [];
  const flagsGiven = new Map<string, string>();
  for (const word of words) {
    if (pending !== undefined) {
      flagsGiven.set(pending, word);
      pending = undefined;
    } else if (word.startsWith('-') && word !== '-' && !(command?.interspersed === false && given.length > 0)) {
      const name = flagNamed(word, flags);
      if (name === undefined) continue;
      flagsGiven.set(name, word.includes('=') ? word.slice(word.indexOf('=') + 1) : '');
      if (flags[name]?.implied === undefined && !word.includes('=')) pending = name;
    } else if (node?.kind === 'group') {
      node = childOf(node, word);
      path.push(word);
      command = node?.kind === 'leaf' ? (await node.load?.())?.default : undefined;
      flags = command?.flags ?? {};
    } else given.push(word);
  }
  return { path, node, command, flags, given, flagsGiven, pending };
}

/** `--name`, `--name=value`, `-n`, and the last of `-abn`. */
function flagNamed(word: string, flags: Flags): string | undefined {
  const bare = word.replace(/=.*$/s, '');
  if (bare.startsWith('--')) return Object.hasOwn(flags, bare.slice(2)) ? bare.slice(2) : undefined;
  return Object.entries(flags).find(([, flag]) => flag.short === bare.at(-1))?.[0];
}

async function completionOf(place: Place, last: string, cli: Cli): Promise<Completion> {
  if (place.pending !== undefined) return valuesOf({ ...place, flag: place.pending }, last, cli);
  const argumentsOnly = place.command?.interspersed === false && place.given.length > 0;
  if (last.startsWith('--') && last.includes('=') && !argumentsOnly) {
    const name = flagNamed(last, place.flags);
    return name === undefined ? nothing : valuesOf({ ...place, flag: name }, last.slice(last.indexOf('=') + 1), cli);
  }
  if (last.startsWith('-') && !argumentsOnly) return { candidates: flagsOf(place, last, cli), directive: noFiles };
  if (!place.node) return files;
  if (place.node.kind === 'group') return { candidates: await childrenOf(place.node, last, cli), directive: noFiles };
  return await argumentsOf(place, last, cli);
}

/** What is Naru's own is not docker's, when the command goes by that name. */
function isListed({ hidden, own }: { readonly hidden?: boolean | undefined; readonly own?: boolean | undefined }, { program }: Cli): boolean {
  return !hidden && !(own && program === 'docker');
}

const repeatable = /^(?:list|map|filter|stringArray|strings|mount|network|port|ulimit|gpu-request)$/;

function flagsOf({ flags, flagsGiven }: Place, last: string, cli: Cli): Candidate[] {
  const shown = Object.entries(flags).filter(([name, { type, restrictions }]) => isListed(restrictions, cli) && restrictions.aliasOf === undefined && (!flagsGiven.has(name) || repeatable.test(type)));
  const named = ([name, flag]: [string, Flag<unknown>]): Candidate[] => {
    const description = flag.description.split('\n', 1)[0] ?? '';
    return [[`--${name}`, description], ...(flag.short === undefined ? [] : [[`-${flag.short}`, description] as const])];
  };
  return shown.toSorted(([a], [b]) => (a < b ? -1 : 1)).flatMap(named).filter(([word]) => word.startsWith(last));
}

async function childrenOf(group: Group, last: string, cli: Cli): Promise<Candidate[]> {
  const among = group === tree ? sectionsShown(cli.env).flatMap(([, nodes]) => nodes) : group.children;
  const children = among.filter((child) => isListed(child, cli)).map(({ name, short }): Candidate => [name, short]);
  const plugins = group === tree ? await allPlugins(cli) : [];
  const others = plugins.filter(({ Name }) => !childOf(tree, Name)).map(({ Name, ShortDescription = '' }): Candidate => [Name, ShortDescription]);
  const help: Candidate[] = group === tree ? [['help', 'Help about the command']] : [];
  return [...children, ...help, ...others].filter(([name]) => name.startsWith(last)).sort(([a], [b]) => (a < b ? -1 : 1));
}

async function argumentsOf({ command, given, flagsGiven }: Place, last: string, cli: Cli): Promise<Completion> {
  const subject = command?.takes === noArguments ? 'nothing' : subjectOf(command, given.length, flagsGiven);
  if (subject === undefined) return files;
  if (subject === 'container path') {
    const names = (await namesOf(cli, 'container').catch(() => [])).map((name) => `${name}:`).filter((name) => name.startsWith(last)); // as below
    return names.length === 0 ? files : { candidates: names.map((name) => [name, '']), directive: noSpace };
  }
  if (subject === 'directory') return { candidates: [], directive: directives(given, command) };
  const names = subject === 'nothing' ? [] : await namesOf(cli, subject).catch(() => []); // no engine, no names: nothing is completed, nothing is printed
  return { candidates: names.filter((name) => name.startsWith(last) && !given.includes(name)).map((name) => [name, '']), directive: noFiles };
}

function directives(given: readonly string[], command: Command | undefined): number {
  return command && given.length === 0 ? directories : noFiles;
}

/** What the argument at `index` names; undefined where it may be a file. */
function subjectOf(command: Command | undefined, index: number, flagsGiven: Place['flagsGiven']): Subject | undefined {
  const subjects = narrowed(command?.completes, flagsGiven);
  if (subjects === undefined) return undefined;
  if (typeof subjects === 'string') return command?.interspersed === false && index > 0 ? undefined : subjects;
  return subjects[index] ?? (command?.interspersed === false ? undefined : 'nothing');
}

/** What flags say of the arguments: `rm --force` takes running containers too, `inspect --type` one kind alone. */
function narrowed(subjects: Command['completes'], flagsGiven: Place['flagsGiven']): Command['completes'] {
  if (subjects === 'removable') return flagsGiven.has('force') ? 'container' : subjects;
  const type = flagsGiven.get('type');
  return subjects === 'object' && (type === 'container' || type === 'image' || type === 'network' || type === 'plugin' || type === 'volume') ? type : subjects;
}
