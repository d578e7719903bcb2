/** The flags that stand before the command: which engine, which configuration. */
import { join } from 'node:path';
import { InvalidArgument } from '#base';
import type { GlobalOptions } from './global-options.ts';
import { bool, flag, list, string } from './command/flag-types.ts';
import type { Flags, ParsedFlags } from './command/flag.ts';
import { configDirectory } from './config/config-file.ts';

const levels = ['debug', 'info', 'warn', 'error', 'fatal'];

/** The table; its defaults name this user's directory. */
export function globalFlags(env: Readonly<Record<string, string | undefined>>): Flags {
  const directory = configDirectory(env);
  const certificates = env['DOCKER_CERT_PATH'] || directory;
  const file = (name: string): string => join(certificates, name);
  return {
    config: string('Location of client config files', { initial: directory }),
    context: string('Name of the context to use to connect to the daemon (overrides DOCKER_HOST env var and default context set with "docker context use")', { short: 'c' }),
    debug: bool('Enable debug mode', { short: 'D' }),
    host: list('Daemon socket to connect to', { short: 'H' }),
    'log-level': string('Set the logging level ("debug", "info", "warn", "error", "fatal")', { short: 'l', initial: 'info' }),
    tls: bool('Use TLS; implied by --tlsverify'),
    tlscacert: path('Trust certs signed only by this CA', file('ca.pem')),
    tlscert: path('Path to TLS certificate file', file('cert.pem')),
    tlskey: path('Path to TLS key file', file('key.pem')),
    tlsverify: bool('Use TLS and verify the remote'),
    version: bool('Print version information and quit', { short: 'v' }),
  };
}

/** A file that is read where it is only when it was named. */
function path(description: string, shown: string): Flags[string] {
  return flag({ name: 'string', initial: '', shown: JSON.stringify(shown), parse: (text: string) => text }, description);
}

/** The values as commands read them. Throws InvalidArgument for an unknown log level. */
export function globalOptions({ values, given }: Pick<ParsedFlags, 'values' | 'given'>): GlobalOptions {
  const level = values['log-level'] as string;
  if (level !== '' && ![...levels, 'trace', 'warning', 'panic'].includes(level.toLowerCase())) throw new InvalidArgument(`Unable to parse logging level: ${level}`);
  const options = values as unknown as GlobalOptions;
  return { ...options, tls: options.tls || given.has('tlsverify') }; // even --tlsverify=false asks for TLS
}
