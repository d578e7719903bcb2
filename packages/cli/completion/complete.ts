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

const control = /\p{Cc}/u;

/** Prints the candidates; always succeeds. */
export async function complete(words: readonly string[], describes: boolean, cli: Cli): Promise<number> {
  const last = words.at(-1) ?? '';
  const { candidates, directive } = await completionOf(await locate(words.slice(0, -1), cli), last, cli);
  const sayable = candidates.filter(([word]) => !control.test(word)); // what an engine names is not to speak to the terminal, or in this protocol
  for (const [word, description] of sayable) cli.stdout.write(describes && description !== '' ? `${word}\t${description}\n` : `${word}\n`);
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
  /** No flags come any more. */
  readonly argumentsOnly: boolean;
}

async function locate(words: readonly string[], cli: Cli): Promise<Place> {
  let node: Group | Leaf | undefined = tree;
  let command: Command | undefined;
  let flags = globalFlags(cli.env);
  let pending: string | undefined;
  const given: string[] = [];
  const path: string[] = [];
  const flagsGiven = new Map<string, string>();
  let ended = false;
  for (const word of words) {
    if (pending !== undefined) {
      flagsGiven.set(pending, word);
      pending = undefined;
    } else if (word === '--' && !ended) ended = true;
    else if (word.startsWith('-') && word !== '-' && !ended) {
      const { name, value } = flagIn(word, flags);
      if (name === undefined) continue;
      flagsGiven.set(name, value ?? '');
      if (flags[name]?.implied === undefined && value === undefined) pending = name;
    } else if (node?.kind === 'group') {
      node = childOf(node, word);
      path.push(word);
      command = node?.kind === 'leaf' ? (await node.load?.())?.default : undefined;
      flags = command?.flags ?? {};
    } else {
      given.push(word);
      ended ||= command?.interspersed === false;
    }
  }
  return { path, node, command, flags, given, flagsGiven, pending, argumentsOnly: ended };
}

/** `--name`, `--name=value`, and in `-abn` the last, or the first that takes what follows it for its value. */
function flagIn(word: string, flags: Flags): { readonly name?: string | undefined; readonly value?: string | undefined } {
  if (word.startsWith('--')) {
    const [name = '', value] = word.slice(2).split(/=(.*)/s, 2);
    return Object.hasOwn(flags, name) ? { name, value } : {};
  }
  let name: string | undefined;
  for (let at = 1; at < word.length; at++) {
    name = Object.keys(flags).find((each) => flags[each]?.short === word[at]);
    const value = word.slice(at + 1).replace(/^=/, '');
    if (value !== '' && (word[at + 1] === '=' || (name !== undefined && flags[name]?.implied === undefined))) return { name, value };
  }
  return { name };
}

async function completionOf(place: Place, last: string, cli: Cli): Promise<Completion> {
  if (place.pending !== undefined) return valuesOf({ ...place, flag: place.pending }, last, cli);
  if (last.startsWith('--') && last.includes('=') && !place.argumentsOnly) {
    const { name, value = '' } = flagIn(last, place.flags);
    return name === undefined ? nothing : valuesOf({ ...place, flag: name }, value, cli);
  }
  if (last.startsWith('-') && !place.argumentsOnly) return { candidates: flagsOf(place, last, cli), directive: noFiles };
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
