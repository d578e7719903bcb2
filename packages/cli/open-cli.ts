import { EngineClient } from '#client';
import type { Cli } from './cli.ts';
import { customHeaders } from './config/custom-headers.ts';
import { proxyFor } from './config/proxy.ts';
import type { GlobalOptions } from './global-options.ts';
import { type ConfigFile, readConfigFile } from './config/config-file.ts';
import { chooseConnection, type ConnectionChoice } from './config/connection.ts';

/** The parts of a Cli that the outside gives; the rest follows from the words. */
export type Surroundings = Pick<Cli, 'program' | 'env' | 'stdin' | 'stdout' | 'stderr' | 'now' | 'interrupted' | 'takeSignals'>;

/** A Cli that reads its configuration and reaches its engine when first asked, and hangs up at the end. */
export class OpenCli implements Cli, Disposable {
  readonly program: string;
  readonly env: Cli['env'];
  readonly stdin: Cli['stdin'];
  readonly stdout: Cli['stdout'];
  readonly stderr: Cli['stderr'];
  readonly now: () => number;
  readonly interrupted: AbortSignal;
  readonly takeSignals: Cli['takeSignals'];
  readonly globals: GlobalOptions;
  readonly builtIn: Cli['builtIn'];
  #config: ConfigFile | undefined;
  #engine: EngineClient | undefined;

  constructor(surroundings: Surroundings, globals: GlobalOptions, builtIn: Cli['builtIn']) {
    this.program = surroundings.program;
    this.env = surroundings.env;
    this.stdin = surroundings.stdin;
    this.stdout = surroundings.stdout;
    this.stderr = surroundings.stderr;
    this.now = surroundings.now;
    this.interrupted = surroundings.interrupted;
    this.takeSignals = surroundings.takeSignals;
    this.globals = globals;
    this.builtIn = builtIn;
  }

  get config(): ConfigFile {
    if (this.#config) return this.#config;
    this.#config = readConfigFile(this.globals.config);
    if (this.#config.complaint !== undefined) this.stderr.write(`WARNING: ${this.#config.complaint}\n`);
    return this.#config;
  }

  connection(): ConnectionChoice {
    return chooseConnection(this.globals, this.env, this.config);
  }

  engine(): EngineClient {
    if (this.#engine) return this.#engine;
    const { host, tls } = this.connection();
    const forced = this.env['DOCKER_API_VERSION']?.replace(/^v/, '') || undefined;
    const userAgent = `Naru-Client (${process.platform})`;
    this.#engine = new EngineClient({ host, tls, version: forced, userAgent, headers: customHeaders(this.env) ?? this.config.values.HttpHeaders, proxy: proxyFor(host, this.env, tls !== undefined) });
    return this.#engine;
  }

  /**
   * Pings a local engine while the command's file is loaded: the answer is there when the command asks for it. Whatever
   * goes wrong is told by the command's own first call.
   */
  async greet(): Promise<void> {
    try {
      const engine = this.engine();
      if (engine.endpoint.kind !== 'unix') return;
      engine.ping().catch(() => {}); // the same promise fails again for whoever asks
      await turn(); // connected
      await turn(); // sent
    } catch {
      return; // a host that cannot be read, a context that is not there
    }
  }

  [Symbol.dispose](): void {
    this.#engine?.[Symbol.dispose]();
  }
}

/** Lets the event loop go round once. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
