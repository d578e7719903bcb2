/**
 * Flags of a command, as values of a table: what `--help` shows, what the parser accepts, what the command receives.
 *
 *     flags: { all: bool('Show all containers (default shows just running)', { short: 'a' }) }
 *
 * The key is the flag's long name. A command reads `flags.all`, typed by the constructor used (see flag-types.ts).
 */
export interface Flag<T> {
  /** The word that `--help` shows for the value; empty for a switch. */
  readonly type: string;
  readonly description: string;
  /** The one-letter form. */
  readonly short: string | undefined;
  /** The value when the flag is not given. */
  readonly initial: T;
  /** What `--help` adds as `(default …)`; empty: nothing. */
  readonly shown: string;
  /** The text a bare `--flag` stands for; undefined when a value must follow. */
  readonly implied: string | undefined;
  /** Parses one occurrence on top of the earlier ones; throws InvalidArgument in Docker's words. */
  parse(text: string, earlier: T): T;
  readonly restrictions: FlagRestrictions;
}

/** When a flag is out of sight or refused. */
export interface FlagRestrictions {
  /** Accepted, never shown. */
  readonly hidden?: boolean | undefined;
  /** The flag of which this is another name. */
  readonly aliasOf?: string | undefined;
  /** What to say when it is used. */
  readonly deprecated?: string | undefined;
  /** First API version that knows it. */
  readonly since?: string | undefined;
  /** The only operating system of daemons that know it. */
  readonly os?: 'linux' | 'windows' | undefined;
  /** Only daemons with experimental features know it. */
  readonly experimental?: boolean | undefined;
  /** Not one of docker's: not shown where the command goes by that name. */
  readonly own?: boolean | undefined;
}

/** What every constructor of flag-types.ts takes besides the description. */
export interface FlagOptions<T> extends FlagRestrictions {
  readonly short?: string | undefined;
  readonly initial?: T | undefined;
}

/** A command's flags by long name. Their values differ in type; only the parser, which feeds each its own, sees them together. */
export type Flags = Readonly<Record<string, Flag<unknown>>>;

/** What a command receives: each flag's value under its name. */
export type FlagValues<F> = { readonly [K in keyof F]: F[K] extends Flag<infer T> ? T : never };

/** The flags given on the command line and the values of all. */
export interface ParsedFlags {
  readonly values: Readonly<Record<string, unknown>>;
  /** Names of the flags that were given. */
  readonly given: ReadonlySet<string>;
  /** What is left: the arguments. */
  readonly rest: readonly string[];
  /** `-h` or `--help` was among them, and how it was written. */
  readonly help: false | '-h' | '--help';
  /** Deprecation messages, in order. */
  readonly notices: readonly string[];
}
