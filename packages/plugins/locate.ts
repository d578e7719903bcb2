/** Where a plugin listens, from its socket or its file. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidArgument, messageOf, NotFound, quote } from '#base';

/** Where plugins are looked for. */
export interface PluginDirectories {
  readonly sockets: string;
  readonly specs: readonly string[];
}

/** A plugin's address: a unix socket, or a host with its certificates. */
export type Place =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number; readonly tls: PluginTls | undefined };

export interface PluginTls {
  readonly ca: Buffer | undefined;
  readonly cert: Buffer | undefined;
  readonly key: Buffer | undefined;
  readonly verify: boolean;
}

/** Sockets come before files, as with dockerd. Throws NotFound, or InvalidArgument for a file that cannot be read. */
export function locate({ sockets, specs }: PluginDirectories, name: string): Place {
  if (!/^[^/\0]+$/.test(name) || name === '.' || name === '..') throw new NotFound(`plugin ${quote(name)} not found`);
  for (const path of [join(sockets, `${name}.sock`), join(sockets, name, `${name}.sock`)]) {
    if (statSync(path, { throwIfNoEntry: false })?.isSocket()) return { kind: 'unix', path };
  }
  for (const directory of specs) {
    const spec = join(directory, `${name}.spec`);
    if (existsSync(spec)) return fromLine(spec);
    const json = join(directory, `${name}.json`);
    if (existsSync(json)) return fromDocument(json);
  }
  throw new NotFound(`plugin ${quote(name)} not found`);
}

function fromLine(path: string): Place {
  try {
    return parsePlace(readFileSync(path, 'utf8').trim(), undefined);
  } catch (error) {
    throw new InvalidArgument(`plugin file ${path}: ${messageOf(error)}`, { cause: error });
  }
}

interface PluginDocument {
  readonly Addr?: string;
  readonly TLSConfig?: { readonly CAFile?: string; readonly CertFile?: string; readonly KeyFile?: string; readonly InsecureSkipVerify?: boolean } | null;
}

function fromDocument(path: string): Place {
  try {
    const { Addr = '', TLSConfig: tls } = JSON.parse(readFileSync(path, 'utf8')) as PluginDocument;
    const file = (name: string | undefined): Buffer | undefined => (name ? readFileSync(name) : undefined);
    return parsePlace(Addr, tls ? { ca: file(tls.CAFile), cert: file(tls.CertFile), key: file(tls.KeyFile), verify: !tls.InsecureSkipVerify } : undefined);
  } catch (error) {
    throw new InvalidArgument(`plugin file ${path}: ${messageOf(error)}`, { cause: error });
  }
}

function parsePlace(text: string, tls: PluginTls | undefined): Place {
  const path = /^unix:\/\/(\/.+)$/.exec(text)?.[1];
  if (path !== undefined) return { kind: 'unix', path };
  const [, scheme, host, port] = /^(tcp|http|https):\/\/(\[[^\]]+\]|[^:/]+):(\d+)\/?$/.exec(text) ?? [];
  if (host === undefined) throw new InvalidArgument(`invalid plugin address: ${text}`);
  const secure = tls ?? (scheme === 'https' ? { ca: undefined, cert: undefined, key: undefined, verify: true } : undefined);
  return { kind: 'tcp', host: host.replace(/^\[|\]$/g, ''), port: Number(port), tls: secure };
}
