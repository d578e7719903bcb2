/**
 * Which engine a command talks to. In this order: `-H`; `--context`; `DOCKER_HOST`; `DOCKER_CONTEXT`; the context that
 * `context use` chose; Naru's own socket.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf, InvalidArgument, messageOf, NotFound } from '#base';
import { InvalidSshUrl, parseHost, type TlsOptions } from '#client';
import type { GlobalOptions } from '../global-options.ts';
import type { ConfigFile } from './config-file.ts';
import { ContextStore, defaultContext } from './context-store.ts';

/** Where narud listens unless told otherwise. */
const defaultHost = 'unix:///run/naru/naru.sock';

export interface ConnectionChoice {
  readonly context: string;
  readonly host: string;
  readonly tls: TlsOptions | undefined;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Chooses. Throws InvalidArgument or NotFound in Docker's words. */
export function chooseConnection(globals: GlobalOptions, env: Environment, config: ConfigFile): ConnectionChoice {
  const context = chooseContext(globals, env, config);
  try {
    return context === defaultContext ? direct(globals, env) : stored(globals, context);
  } catch (error) {
    const stage = error instanceof InvalidSshUrl ? '' : 'unable to resolve docker endpoint: ';
    throw new InvalidArgument(`Failed to initialize: ${stage}${messageOf(error)}`, { cause: error });
  }
}

/** The name of the context in force, which may not exist. Throws InvalidArgument for contradicting flags. */
export function chooseContext(globals: GlobalOptions, env: Environment, config: ConfigFile): string {
  if (globals.context !== '' && globals.host.length > 0) throw new InvalidArgument('conflicting options: cannot specify both --host and --context');
  if (globals.context !== '') return globals.context;
  if (globals.host.length > 0 || env['DOCKER_HOST']) return defaultContext;
  return env['DOCKER_CONTEXT'] || config.values.currentContext || defaultContext;
}

/** The host that `-H`, `DOCKER_HOST` or the default name, whatever context is in force. */
export function directHost(globals: GlobalOptions, env: Environment): string {
  return direct(globals, env).host;
}

function direct(globals: GlobalOptions, env: Environment): ConnectionChoice {
  if (globals.host.length > 1) throw new InvalidArgument('Specify only one -H');
  const written = globals.host[0] || env['DOCKER_HOST'] || defaultHost;
  const tls = wantsTls(globals, env) ? tlsFromFiles(globals, env) : undefined;
  const endpoint = parseHost(written, tls !== undefined);
  const host = endpoint.kind === 'tcp' ? `tcp://${endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host}:${endpoint.port}${endpoint.prefix}` : written.trim();
  return { context: defaultContext, host, tls: endpoint.kind === 'tcp' ? tls : undefined };
}

function stored(globals: GlobalOptions, name: string): ConnectionChoice {
  const store = new ContextStore(globals.config);
  const endpoint = store.get(name).Endpoints.docker;
  if (!endpoint) throw new NotFound(`context ${JSON.stringify(name)} has no docker endpoint`);
  const files = store.tls(name)['docker'] ?? {};
  const hasTls = Object.keys(files).length > 0 || endpoint.SkipTLSVerify;
  const text = (file: string): string | undefined => files[file]?.toString();
  const tls = hasTls ? { ca: text('ca.pem'), cert: text('cert.pem'), key: text('key.pem'), verify: !endpoint.SkipTLSVerify } : undefined;
  return { context: name, host: endpoint.Host || defaultHost, tls };
}

function wantsTls(globals: GlobalOptions, env: Environment): boolean {
  return globals.tls || globals.tlsverify || Boolean(env['DOCKER_TLS_VERIFY']) || Boolean(env['DOCKER_TLS']);
}

/** A certificate or key that was not named may be absent; one that was named may not, and the authority's never. */
function tlsFromFiles(globals: GlobalOptions, env: Environment): TlsOptions {
  const directory = env['DOCKER_CERT_PATH'] || globals.config;
  const read = (named: string, file: string): string | undefined => {
    try {
      return readFileSync(named || join(directory, file), 'utf8');
    } catch (error) {
      if (errnoOf(error) === 'ENOENT' && named === '') return undefined;
      throw new InvalidArgument(`open ${named}: ${errnoOf(error) === 'ENOENT' ? 'no such file or directory' : messageOf(error)}`, { cause: error });
    }
  };
  return {
    ca: read(globals.tlscacert || join(directory, 'ca.pem'), 'ca.pem'),
    cert: read(globals.tlscert, 'cert.pem'),
    key: read(globals.tlskey, 'key.pem'),
    verify: globals.tlsverify || Boolean(env['DOCKER_TLS_VERIFY']),
  };
}
