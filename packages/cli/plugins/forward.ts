/** Commands that go to another: `build` and its like to the builder's plugin, where there is one, and configured aliases. */
import { InvalidArgument, quote } from '#base';
import type { Cli } from '../cli.ts';
import { Exit } from '../command/exit.ts';
import { namedPlugin } from './find.ts';

const builders: readonly { readonly from: readonly string[]; readonly to: readonly string[]; readonly path: readonly string[] }[] = [
  { from: ['builder'], to: [], path: ['builder'] },
  { from: ['build'], to: ['build'], path: [] },
  { from: ['bake'], to: ['bake'], path: [] },
  { from: ['image', 'build'], to: ['build'], path: ['image'] },
];

/** Other words for a command, and what its plugin is to be told besides. */
export interface Forwarded {
  readonly words: readonly string[];
  readonly commandPath: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Where the command goes, or undefined where it is what it says. Throws InvalidArgument or Exit in Docker's words. */
export async function forwarded(words: readonly string[], cli: Cli): Promise<Forwarded | undefined> {
  checkAliases(cli);
  const asked = switchOf(cli);
  const alias = cli.config.values.aliases?.['builder'];
  const rule = builders.find(({ from }) => from.every((word, index) => words[index] === word));
  if (!rule || asked === false) return undefined;
  const name = alias ?? 'buildx';
  const plugin = await namedPlugin(name, cli);
  if (!plugin || plugin.Err !== undefined) {
    if (alias !== undefined) throw new Exit(1, missing(plugin?.Err));
    return undefined; // Naru builds itself
  }
  const rest = words.slice(rule.from.length);
  const env: Forwarded['env'] = alias === undefined && !namesBuilder(words, cli) ? { BUILDX_BUILDER: cli.connection().context } : {};
  return { words: [name, ...rule.to, ...rest], commandPath: [cli.program, ...rule.path].join(' '), env };
}

/** Only the builder may have another name, and only that of a plugin. */
function checkAliases(cli: Cli): void {
  for (const [name, target] of Object.entries(cli.config.values.aliases ?? {})) {
    if (name !== 'builder') throw new InvalidArgument(`not allowed to alias ${quote(name)} (allowed: map[string]struct {}{"builder":struct {}{}})`);
    if (cli.builtIn(target.split(' ', 1)[0] ?? '') !== undefined) throw new InvalidArgument(`not allowed to alias with builtin ${quote(target)} as target`);
  }
}

/** What DOCKER_BUILDKIT says; undefined where it is not set. */
function switchOf({ env }: Cli): boolean | undefined {
  const value = env['DOCKER_BUILDKIT'] ?? '';
  if (value === '') return undefined;
  if (/^(?:1|t|T|TRUE|true|True)$/.test(value)) return true;
  if (/^(?:0|f|F|FALSE|false|False)$/.test(value)) return false;
  throw new InvalidArgument(`DOCKER_BUILDKIT environment variable expects boolean value: strconv.ParseBool: parsing ${quote(value)}: invalid syntax`);
}

function namesBuilder(words: readonly string[], { env }: Cli): boolean {
  return Boolean(env['BUILDX_BUILDER']) || words.some((word, index) => (word.startsWith('--builder=') && word.length > '--builder='.length) || (word === '--builder' && Boolean(words[index + 1])));
}

function missing(why: string | undefined): string {
  const error = `ERROR: BuildKit is enabled but the buildx component is missing or broken.
       Install the buildx component to build images with BuildKit:
       https://docs.docker.com/go/buildx/`;
  return why === undefined ? error : `${why}\n\n${error}`;
}
