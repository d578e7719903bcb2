/** Runs a plugin in place of a command: the same words, the same streams; its end is the command's. */
import { randomBytes } from 'node:crypto';
import type { ChildProcess } from 'node:child_process';
import { Unavailable } from '#base';
import type { Cli } from '../cli.ts';
import { interrupts, type SignalHandler } from '../terminal/signals.ts';
import type { Plugin } from './find.ts';

export interface PluginCall {
  /** Every word after the program's name, options before the command among them. */
  readonly words: readonly string[];
  /** The command as telemetry names it: `docker hello`. */
  readonly commandPath: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Tells the plugin by the end of a socket, not by a signal, that it is to end: what it wants when it is not on a terminal. */
  readonly isHailed?: boolean;
}

const patience = 3;

/** The plugin's exit code. Throws Unavailable when it cannot be run. */
export async function runPlugin({ Path }: Plugin, call: PluginCall, cli: Cli): Promise<number> {
  const { spawn } = process.getBuiltinModule('node:child_process');
  const hail = call.isHailed === false ? undefined : await Hail.listen();
  try {
    const child = spawn(Path, call.words, { stdio: 'inherit', env: { ...environment(call, cli), ...(hail ? { DOCKER_CLI_PLUGIN_SOCKET: hail.address } : {}) } });
    let forced = false;
    using _signals = cli.takeSignals(interrupter(child, hail, cli, () => (forced = true)), interrupts);
    const code = await endOf(child, Path);
    return forced ? 1 : code;
  } finally {
    hail?.close();
  }
}

function environment({ commandPath, env }: PluginCall, cli: Cli): NodeJS.ProcessEnv {
  const attributes = `docker.cli.cobra.command_path=${encodeURIComponent(commandPath)}`;
  return { ...pluginEnvironment(cli), ...env, OTEL_RESOURCE_ATTRIBUTES: attributes };
}

/** What every plugin is given of the environment: the way back to this command, and its engine. */
export function pluginEnvironment(cli: Cli): NodeJS.ProcessEnv {
  return { ...cli.env, DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND: process.argv0, ...sameEngine(cli) };
}

/** A plugin finds the engine as docker does, whose default is another than Naru's. */
function sameEngine(cli: Cli): Readonly<Record<string, string>> {
  if (cli.env['DOCKER_HOST'] || cli.globals.host.length > 0) return {};
  const { context, host } = cli.connection();
  return context === 'default' ? { DOCKER_HOST: host } : {};
}

/** On a terminal the plugin hears Ctrl-C itself, and is waited for. Elsewhere it is hailed, and ended when it has been asked often enough. */
function interrupter(child: ChildProcess, hail: Hail | undefined, cli: Cli, onForce: () => void): SignalHandler {
  let count = 0;
  return () => {
    if (cli.stdout.isTerminal) return 'ends';
    hail?.close();
    if (++count !== patience) return;
    cli.stderr.write(`got ${count} SIGTERM/SIGINTs, forcefully exiting\n`);
    onForce();
    child.kill('SIGKILL');
    return 'ends';
  };
}

async function endOf(child: ChildProcess, path: string): Promise<number> {
  return await new Promise((ended, failed) => {
    child.once('error', (error) => failed(new Unavailable(`fork/exec ${path}: ${error.message}`, { cause: error })));
    child.once('close', (code) => ended(code ?? 255)); // as Go counts one that a signal ended
  });
}

/** A socket that plugins hold open: its end tells them to end. It has no place in the file system. */
class Hail {
  readonly address: string;
  readonly #server: import('node:net').Server;
  readonly #connections = new Set<import('node:net').Socket>();

  private constructor(name: string) {
    const { createServer } = process.getBuiltinModule('node:net');
    this.address = `@${name}`;
    this.#server = createServer((connection) => {
      this.#connections.add(connection);
      connection.on('error', () => {}); // the plugin has gone
      connection.on('close', () => this.#connections.delete(connection));
    });
  }

  static async listen(): Promise<Hail> {
    const hail = new Hail(`docker_cli_${randomBytes(16).toString('hex')}`);
    await new Promise<void>((listening, failed) => {
      hail.#server.once('error', failed);
      hail.#server.listen(`\0${hail.address.slice(1)}`, listening);
    });
    return hail;
  }

  close(): void {
    for (const connection of this.#connections) connection.destroy();
    this.#server.close();
  }
}
