/**
 * Commands as a table. A command's own file (`commands/<group>/<verb>.ts`) exports one `Command`; the tree
 * (`commands/tree.ts`) names them all and loads a file only when its command is used.
 */
import type { Cli } from '../cli.ts';
import type { ArgumentRule } from './arguments.ts';
import type { Flags, FlagValues } from './flag.ts';

export interface Command<F = Flags> {
  /** What follows the command's name in its usage line; further forms begin with the name. */
  readonly usage: string | readonly string[];
  /** The longer description, where `--help` has one besides the tree's line. */
  readonly long?: string;
  /** The paths that its page lists as aliases, where they are not simply all that lead here. */
  readonly alsoKnownAs?: readonly string[];
  readonly takes: ArgumentRule;
  readonly flags: F;
  /** What its arguments name, for completion: each of them, or, as a list, one after another and no more. */
  readonly completes?: Subject | readonly Subject[];
  /** False where the first argument ends the flags (`run IMAGE COMMAND -x`). */
  readonly interspersed?: boolean;
  /** Does the work; the number is the exit code, nothing is 0. Throws what the user is to read. */
  run(invocation: Invocation<F>, cli: Cli): Promise<number | void>;
}

/** Something whose names a shell can be told. */
export type Subject = 'container' | 'running' | 'stopped' | 'paused' | 'removable' | 'image' | 'network' | 'volume' | 'plugin' | 'context' | 'object' | 'directory' | 'container path' | 'nothing';

/** What a command was called with. */
export interface Invocation<F> {
  readonly arguments: readonly string[];
  readonly flags: FlagValues<F>;
  /** True when the flag was on the command line. */
  given(flag: keyof F & string): boolean;
}

/** Declares a command; its `run` sees its own flags, typed. */
export function command<const F extends Flags>(definition: Command<F>): Command<F> {
  return definition;
}

/** A command in the tree: what is known without loading it. */
export interface Leaf {
  readonly kind: 'leaf';
  readonly name: string;
  readonly aliases: readonly string[];
  readonly short: string;
  readonly load: Loader | undefined;
  readonly since: string | undefined;
  readonly experimental: boolean;
  readonly hidden: boolean;
  /** Not one of docker's: not listed where the command goes by that name. */
  readonly own: boolean;
  /** An experiment of the command line's own, whose page says so. */
  readonly experimentalCli: boolean;
  readonly swarmManager: boolean;
  /** Has no business with the engine. */
  readonly local: boolean;
}

/** A name for commands that belong together. */
export interface Group {
  readonly kind: 'group';
  readonly name: string;
  readonly aliases: readonly string[];
  readonly short: string;
  readonly long: string | undefined;
  /** What follows the name in the usage line of a complaint. */
  readonly usage: string;
  readonly children: readonly Node[];
  readonly since: string | undefined;
  readonly experimental: boolean;
  readonly hidden: boolean;
  readonly own: boolean;
  readonly experimentalCli: boolean;
  readonly swarmManager: boolean;
}

export type Node = Leaf | Group;

/** Loads a command's file. */
export type Loader = () => Promise<{ readonly default: Command }>;

interface NodeOptions {
  readonly aliases?: readonly string[];
  /** First API version that has it. */
  readonly since?: string;
  /** Only daemons with experimental features have it. */
  readonly experimental?: boolean;
  /** Its page says that it is an experiment. */
  readonly experimentalCli?: boolean;
  /** Only an engine that manages a swarm has it. */
  readonly swarmManager?: boolean;
  /** Not one of docker's. */
  readonly own?: boolean;
  /** Works, and is not listed. */
  readonly hidden?: boolean;
  /** Has no business with the engine. */
  readonly local?: boolean;
}

/** Names a command; without `load` it is a swarm's, which is known and refused by name. */
export function leaf(name: string, short: string, load?: Loader, options: NodeOptions = {}): Leaf {
  return { kind: 'leaf', name, short, load, local: options.local ?? false, ...placeOf(options) };
}

/** Names a group. */
export function group(name: string, short: string, children: readonly Node[], options: NodeOptions & { long?: string; usage?: string } = {}): Group {
  return { kind: 'group', name, short, children: children.map((child) => inheriting(child, options)), long: options.long, usage: options.usage ?? '', ...placeOf(options) };
}

/** What holds for a group holds for all in it. */
function inheriting(child: Node, { since, experimental = false, experimentalCli = false }: NodeOptions): Node {
  if (since === undefined && !experimental && !experimentalCli) return child;
  return { ...child, since: child.since ?? since, experimental: child.experimental || experimental, experimentalCli: child.experimentalCli || experimentalCli };
}

function placeOf({ aliases = [], since, experimental = false, hidden = false, own = false, experimentalCli = false, swarmManager = false }: NodeOptions): Pick<Leaf, 'aliases' | 'since' | 'experimental' | 'hidden' | 'own' | 'experimentalCli' | 'swarmManager'> {
  return { aliases, since, experimental, hidden, own, experimentalCli, swarmManager };
}

/** The child of that name or alias. */
export function childOf(parent: Group, name: string): Node | undefined {
  return parent.children.find((child) => child.name === name || child.aliases.includes(name));
}
