/**
 * Build arguments (Dockerfile reference, "ARG"): declared by ARG, given by `--build-arg`, or proxies that are always
 * allowed. ARGs before the first FROM give defaults to FROM and to ARGs of the same name without a value.
 */
const proxies = ['HTTP_PROXY', 'HTTPS_PROXY', 'FTP_PROXY', 'NO_PROXY', 'ALL_PROXY'];
/** Allowed without an ARG, and kept out of the history and the cache unless one declares them. */
const predefined: ReadonlySet<string> = new Set(proxies.flatMap((name) => [name, name.toLowerCase()]));

export class BuildArgs {
  readonly #given: ReadonlyMap<string, string | null>;
  /** Declared before the first FROM. */
  readonly #global = new Map<string, string | undefined>();
  readonly #declared = new Map<string, string | undefined>();
  /** Shared by all stages of one build. */
  readonly #used: Set<string>;

  /** `given`: by name; null takes no value along. */
  constructor(given: Readonly<Record<string, string | null>> | ReadonlyMap<string, string | null>, used = new Set<string>()) {
    this.#given = given instanceof Map ? given : new Map(Object.entries(given));
    this.#used = used;
  }

  /** The arguments of a new stage: what was declared in the one before is forgotten. */
  forStage(): BuildArgs {
    const args = new BuildArgs(this.#given, this.#used);
    for (const [key, value] of this.#global) args.#global.set(key, value);
    return args;
  }

  /** ARG before the first FROM. */
  declareGlobal(key: string, value: string | undefined): void {
    this.declare(key, value);
    this.#global.set(key, value);
  }

  /** ARG within a stage. */
  declare(key: string, value: string | undefined): void {
    this.#declared.set(key, value);
    this.#used.add(key);
  }

  /** What FROM sees. */
  globals(): Map<string, string> {
    return this.#values(this.#global);
  }

  /** What the stage's instructions see. */
  declared(): Map<string, string> {
    return this.#values(this.#declared);
  }

  /** `NAME=value` of what is declared and not set by an ENV: ENV wins. */
  besides(env: readonly string[]): string[] {
    const names = new Set(env.map((entry) => entry.split('=', 1)[0]));
    return [...this.declared()].filter(([key]) => !names.has(key)).map(([key, value]) => `${key}=${value}`);
  }

  /** False for a proxy that no ARG declares: its value must not change the image's history or its cache. */
  isRecorded(key: string): boolean {
    return !predefined.has(key) || this.#declared.has(key);
  }

  /** Given with `--build-arg` and never declared, sorted. */
  unused(): string[] {
    return [...this.#given.keys()].filter((key) => !predefined.has(key) && !this.#used.has(key)).toSorted();
  }

  #values(source: ReadonlyMap<string, string | undefined>): Map<string, string> {
    const values = new Map<string, string>();
    for (const key of [...source.keys(), ...predefined]) {
      const value = this.#given.get(key) ?? source.get(key) ?? this.#global.get(key);
      if (value !== undefined) values.set(key, value);
    }
    return values;
  }
}
