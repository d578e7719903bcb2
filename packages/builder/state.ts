import type { Image } from '#images';
import { environmentOf, expandWord, hostPlatform, type ContainerDefaults, type EscapeCharacter, type ImageConfig } from '#spec';
import type { BuildArgs } from './args.ts';

/** A finished stage, or an image taken as one: undefined is an empty one (`FROM scratch` with nothing after it). */
export interface Built {
  readonly image: Image | undefined;
}

/** PATH of a container whose image sets none. */
const defaultPath = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** A stage while it is built: the image so far and the configuration that its next step starts from. */
export class StageState {
  config: ContainerDefaults;
  /** What FROM named; undefined for an empty root. */
  readonly base: Image | undefined;
  /** The image so far; undefined on an empty root. */
  image: Image | undefined;
  author: string;
  /** A CMD of this stage, which ENTRYPOINT then leaves alone. */
  cmdSet = false;
  readonly args: BuildArgs;
  /** Platform of every image of the stage. */
  readonly platform: Pick<ImageConfig, 'architecture' | 'os' | 'variant'>;
  readonly #escape: EscapeCharacter;

  constructor(base: Image | undefined, args: BuildArgs, escape: EscapeCharacter) {
    this.config = startingConfig(base?.config.config);
    this.base = base;
    this.image = base;
    this.author = '';
    this.args = args;
    this.platform = platformOf(base?.config);
    this.#escape = escape;
  }

  /** One word with its variables filled in: ENV first, then ARG. */
  expand(word: string): string {
    return expandWord(word, this.#environment(), { escape: this.#escape }).text;
  }

  /** The text of a here-document with its variables filled in. */
  expandText(text: string): string {
    return expandWord(text, this.#environment(), { escape: '\\', plainQuotes: true }).text;
  }

  /** Like expand; unquoted spaces part words. */
  expandToWords(word: string): readonly string[] {
    return expandWord(word, this.#environment(), { escape: this.#escape }).words;
  }

  #environment(): ReadonlyMap<string, string> {
    const env = this.config.Env ?? [];
    return environmentOf([...this.args.besides(env), ...env]);
  }
}

function startingConfig(base: ContainerDefaults | undefined): ContainerDefaults {
  const config = structuredClone(base ?? {});
  const env = config.Env ?? [];
  return { ...config, Env: env.some((entry) => entry.startsWith('PATH=')) ? env : [...env, defaultPath] };
}

function platformOf(config: ImageConfig | undefined): StageState['platform'] {
  if (!config) return hostPlatform();
  return { architecture: config.architecture, os: config.os || 'linux', ...(config.variant !== undefined && { variant: config.variant }) };
}
