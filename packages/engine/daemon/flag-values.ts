/** What was given, value by value, with the flags' defaults where nothing was. */
import { InvalidArgument } from '#base';
import type { Given } from './command-line.ts';
import { flagNamed, idleDirectives } from './flags.ts';

/** Defaults that differ where the daemon is not root's. */
export type OwnDefaults = Readonly<Record<string, string>>;

/** Throws InvalidArgument for a value that has no meaning here. */
export class Values {
  readonly #given: Given;
  readonly #own: OwnDefaults;

  constructor(given: Given, own: OwnDefaults) {
    this.#given = given;
    this.#own = own;
    for (const [name, value] of Object.entries(given)) refuseMeaningless(name, value);
  }

  /** What was given and changes nothing here, each with the reason, for the log. */
  get remarks(): readonly string[] {
    return Object.entries(this.#given).flatMap(([name, value]) => {
      const why = flagNamed(name)?.idle ?? idleDirectives[name];
      return why === undefined || value === '' ? [] : [`${name} changes nothing: ${why}`];
    });
  }

  has(name: string): boolean {
    return this.#given[name] !== undefined;
  }

  text(name: string): string {
    return (this.#given[name] as string | undefined) ?? this.#own[name] ?? flagNamed(name)?.otherwise ?? '';
  }

  list(name: string): readonly string[] {
    return (this.#given[name] as readonly string[] | undefined) ?? [];
  }

  on(name: string): boolean {
    return (this.#given[name] as boolean | undefined) ?? flagNamed(name)?.otherwise === 'true';
  }
}

function refuseMeaningless(name: string, value: unknown): void {
  const only = flagNamed(name)?.only;
  if (only && !only.values.includes(String(value))) throw new InvalidArgument(`--${name}=${String(value)} is not supported: ${only.why}`);
}

