/** What runtimes say of themselves, for `GET /info`: the features document of the OCI runtime specification. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { messageOf } from '#base';
import { runtimeFeatures } from '#runtime';
import type { Engine, EngineConfig } from '../context.ts';

export type RuntimeStatus = Readonly<Record<string, string>>;
type Command = EngineConfig['runtimes'][string];

/** Milliseconds that a runtime may take for an answer. */
const patience = 10_000;

/** Each runtime is asked once, when somebody first wants to know; one that cannot tell is named in the log, and has no status. */
export class RuntimeStatuses {
  readonly #log: Engine['log'];
  readonly #known = new Map<string, Promise<RuntimeStatus | undefined>>();

  constructor(log: Engine['log']) {
    this.#log = log;
  }

  /** Naru's own. */
  own(): Promise<RuntimeStatus | undefined> {
    return this.#once('', async () => statusOf(await runtimeFeatures()));
  }

  of(command: Command): Promise<RuntimeStatus | undefined> {
    return this.#once(JSON.stringify(command), () => this.#ask(command));
  }

  #once(key: string, ask: () => Promise<RuntimeStatus | undefined>): Promise<RuntimeStatus | undefined> {
    const known = this.#known.get(key) ?? ask();
    this.#known.set(key, known);
    return known;
  }

  async #ask({ path, args }: Command): Promise<RuntimeStatus | undefined> {
    try {
      const { stdout } = await promisify(execFile)(path, [...args, 'features'], { timeout: patience, killSignal: 'SIGKILL' });
      return statusOf(JSON.parse(stdout) as object);
    } catch (error) {
      this.#log('warn', `features of the runtime ${path}: ${messageOf(error)}`);
      return undefined;
    }
  }
}

function statusOf(features: object): RuntimeStatus {
  return { 'org.opencontainers.runtime-spec.features': JSON.stringify(features) };
}
