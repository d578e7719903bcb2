/**
 * The command line from its words to its exit code: global flags, the command's place in the tree, its flags and
 * arguments, then the command itself.
 */
import { isKind, messageOf, NaruError } from '#base';
import type { Cli } from './cli.ts';
import { childOf, type Command, type Group, type Leaf } from './command/command.ts';
import { Exit } from './command/exit.ts';
import type { ParsedFlags } from './command/flag.ts';
import { parseFlags } from './command/parse-flags.ts';
import { usageLine } from './command/usage.ts';
import { tree } from './commands/tree.ts';
import { globalFlags, globalOptions } from './global-flags.ts';
import type { Trail } from './plugins/hooks.ts';
import { OpenCli, type Surroundings } from './open-cli.ts';
import { checkSupport } from './support.ts';
import { versionLine } from './version.ts';

const flagFailure = 125;

/** Runs `words` (without the program's name) and gives the exit code. Everything that can go wrong is printed. */
export async function main(words: readonly string[], surroundings: Surroundings): Promise<number> {
  try {
    return await dispatch(words, surroundings);
  } catch (error) {
    if (error instanceof Exit) {
      if (error.message !== '') surroundings.stderr.write(`${error.message}\n`);
      return error.code;
    }
    if (isKind(error, 'Cancelled')) return 1;
    if (!(error instanceof NaruError) && surroundings.env['NARU_DEBUG']) throw error;
    surroundings.stderr.write(`${messageOf(error)}\n`);
    return 1;
  }
}

async function dispatch(words: readonly string[], surroundings: Surroundings): Promise<number> {
  const { program, env, stdout, stderr } = surroundings;
  const flags = globalFlags(env);
  const parsed = parsedOr125(words, flags, false, `${program} [OPTIONS] COMMAND [ARG...]`, program);
  using cli = new OpenCli(surroundings, globalOptions(parsed), builtIn);
  for (const notice of parsed.notices) stderr.write(`${notice}\n`);
  if (parsed.values['version'] && !parsed.help) {
    stdout.write(`${versionLine()}\n`);
    return 0;
  }
  const options = words.slice(0, words.length - parsed.rest.length);
  const instead = await insteadOf(options, parsed.rest, cli);
  if (instead !== undefined) return instead;
  if (parsed.help && parsed.rest.length > 0) return await (await import('./help.ts')).helpFor(parsed.rest, cli);
  if (parsed.help || parsed.rest.length === 0) {
    const text = await (await import('./help.ts')).rootPage(cli, parsed.help === '-h');
    (parsed.help ? stdout : stderr).write(text);
    return 0;
  }
  if (parsed.rest[0] === 'help') return await (await import('./help.ts')).helpCommand(options, parsed.rest, cli);
  if (parsed.rest[0] === '__complete' || parsed.rest[0] === '__completeNoDesc') return await completion(parsed.rest, surroundings);
  return await withHooks(cli, (trail) => descend(tree, program, parsed.rest, cli, trail));
}

/** Words that Naru's own commands may not be the whole answer to; most commands are run without a look at plugins. */
const forwardable = /^(?:build|builder|bake|image)$/;

function builtIn(name: string): string | undefined {
  return childOf(tree, name)?.name;
}

/** A plugin's exit code, where one is meant. */
async function insteadOf(options: readonly string[], rest: readonly string[], cli: OpenCli): Promise<number | undefined> {
  const [word] = rest;
  if (word === undefined || word === 'help') return undefined;
  const isPlain = childOf(tree, word) !== undefined && !forwardable.test(word);
  if (isPlain && !cli.env['DOCKER_BUILDKIT'] && !cli.config.values.aliases) return undefined;
  return await (await import('./plugins/instead.ts')).runInstead(options, rest, cli);
}

/** What could follow the words; the flags among them that choose the engine are in force. */
async function completion([how, ...words]: readonly string[], surroundings: Surroundings): Promise<number> {
  const { complete, globalsAmong } = await import('./completion/complete.ts');
  using cli = new OpenCli(surroundings, globalsAmong(words.slice(0, -1), surroundings.env), builtIn);
  const instead = words.length > 1 ? await (await import('./plugins/instead.ts')).completeInstead(how ?? '', words, cli) : undefined;
  return instead ?? await complete(words, how === '__complete', cli);
}

/** Runs the command; on a terminal, plugins that ask for it are told of it then, before its failure is. */
async function withHooks(cli: Cli, run: (trail: Trail) => Promise<number>): Promise<number> {
  const trail: Trail = { path: '', flags: {}, parsed: undefined };
  if (!cli.stdout.isTerminal || !cli.config.values.plugins) return await run(trail);
  const { hookCommand } = await import('./plugins/hooks.ts');
  try {
    const code = await run(trail);
    await hookCommand(cli, trail, '');
    return code;
  } catch (error) {
    await hookCommand(cli, trail, messageOf(error));
    throw error;
  }
}

/** Goes down the groups to the command that the words name. */
async function descend(group: Group, path: string, words: readonly string[], cli: OpenCli, trail: Trail): Promise<number> {
  const [word, ...rest] = words;
  const isRoot = group === tree;
  trail.path = path;
  if (word === undefined || word.startsWith('-')) return groupItself(group, path, words, cli, trail);
  const node = childOf(group, word);
  if (!node) {
    if (isRoot && rest.some((one) => one === '--help' || one === '-h')) return rootItself(cli);
    if (!isRoot && rest.some((one) => one.startsWith('-'))) return groupItself(group, path, rest.filter((one) => one.startsWith('-')), cli, trail);
    const usage = isRoot ? '' : `Usage:  ${[path, group.usage].filter(Boolean).join(' ')}\n\n`;
    throw new Exit(1, `${cli.program}: unknown command: ${path} ${word}\n\n${usage}Run '${path} --help' for more information`);
  }
  return node.kind === 'group' ? descend(node, `${path} ${node.name}`, rest, cli, trail) : runLeaf(node, `${path} ${node.name}`, rest, cli, trail);
}

/** The first page, which a word that is no command gets too when it asks for help. */
async function rootItself(cli: Cli): Promise<number> {
  cli.stdout.write(await (await import('./help.ts')).rootPage(cli, false));
  return 0;
}

async function groupItself(group: Group, path: string, words: readonly string[], cli: Cli, trail: Trail): Promise<number> {
  const parsed = parsedOr125(words, {}, false, `${path} ${group.usage}`.trimEnd(), path);
  trail.parsed = parsed;
  const text = await (await import('./help.ts')).groupPage(group, path, cli, parsed.help === '-h');
  (parsed.help ? cli.stdout : cli.stderr).write(text);
  return 0;
}

async function runLeaf(leaf: Leaf, path: string, words: readonly string[], cli: OpenCli, trail: Trail): Promise<number> {
  trail.path = path;
  if (!leaf.load) throw new Exit(1, `${path}: not supported: there is no swarm mode`);
  if (!leaf.local) await cli.greet();
  const { default: command } = await leaf.load();
  trail.flags = command.flags;
  const usage = usageLine(path, command);
  const parsed = parsedOr125(words, command.flags, command.interspersed ?? true, usage, path);
  trail.parsed = parsed;
  if (parsed.help) {
    cli.stdout.write(await (await import('./help.ts')).commandPage(leaf, command, path, cli, parsed.help === '-h'));
    return 0;
  }
  for (const notice of parsed.notices) cli.stdout.write(`${notice}\n`);
  await checkSupport(leaf, path, command, parsed, cli);
  command.takes(parsed.rest.length, path, usage);
  return (await command.run({ arguments: parsed.rest, flags: parsed.values, given: (flag) => parsed.given.has(flag) }, cli)) ?? 0;
}

function parsedOr125(words: readonly string[], flags: Command['flags'], interspersed: boolean, usage: string, path: string): ParsedFlags {
  try {
    return parseFlags(words, flags, interspersed);
  } catch (error) {
    throw new Exit(flagFailure, `${messageOf(error)}\n\nUsage:  ${usage}\n\nRun '${path} --help' for more information`, { cause: error });
  }
}
