/**
 * Contexts: named endpoints, stored as the docker command stores them.
 *
 *     contexts/meta/<sha256 of the name>/meta.json            name, description, host
 *     contexts/tls/<sha256 of the name>/docker/ca.pem …       certificates, of other endpoints (kubernetes) beside them
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { errnoOf, InvalidArgument, messageOf, NotFound, quote, tolerating } from '#base';
import { fileComplaint } from '../file-complaint.ts';

/** `meta.json`. */
export interface ContextMeta {
  readonly Name: string;
  readonly Metadata: { readonly Description?: string };
  readonly Endpoints: { readonly docker?: DockerEndpointMeta };
}

export interface DockerEndpointMeta {
  readonly Host?: string;
  readonly SkipTLSVerify: boolean;
}

/** The certificates of an endpoint, by file name: `ca.pem`, `cert.pem`, `key.pem`. */
export type TlsFiles = Readonly<Record<string, Buffer>>;

/** Those of a context, by endpoint. What is not docker's is kept for those who know it. */
export type ContextTls = Readonly<Record<string, TlsFiles>>;

/** The context that stands for `DOCKER_HOST` and the default socket; it is never stored. */
export const defaultContext = 'default';

/** What docker says of it. */
export const defaultDescription = 'Current DOCKER_HOST based configuration';

const validName = /^[a-zA-Z0-9][a-zA-Z0-9_.+-]+$/;

/** Throws InvalidArgument for a name that cannot be stored. */
export function checkContextName(name: string): void {
  if (name === '') throw new InvalidArgument('context name cannot be empty');
  if (name === defaultContext) throw new InvalidArgument('"default" is a reserved context name');
  if (!validName.test(name)) throw new InvalidArgument(`context name ${quote(name)} is invalid, names are validated against regexp "${validName.source}"`);
}

export class ContextStore {
  readonly #root: string;

  /** `directory` is the configuration directory. */
  constructor(directory: string) {
    this.#root = join(directory, 'contexts');
  }

  /** Every stored context, by name. */
  list(): ContextMeta[] {
    const directory = join(this.#root, 'meta');
    if (!existsSync(directory)) return [];
    return readdirSync(directory).map((id) => JSON.parse(readFileSync(join(directory, id, 'meta.json'), 'utf8')) as ContextMeta);
  }

  /** Throws NotFound in Docker's words. */
  get(name: string): ContextMeta {
    const path = join(this.metaDirectory(name), 'meta.json');
    try {
      return JSON.parse(readFileSync(path, 'utf8')) as ContextMeta;
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') throw new NotFound(`context ${quote(name)}: context not found: open ${path}: no such file or directory`, { cause: error });
      throw new InvalidArgument(`context ${quote(name)}: ${messageOf(error)}`, { cause: error });
    }
  }

  has(name: string): boolean {
    return existsSync(join(this.metaDirectory(name), 'meta.json'));
  }

  put(meta: ContextMeta, tls: ContextTls): void {
    makeDirectories(this.metaDirectory(meta.Name), 0o755);
    writeFileSync(join(this.metaDirectory(meta.Name), 'meta.json'), JSON.stringify(meta), { mode: 0o644 });
    rmSync(this.tlsDirectory(meta.Name), { recursive: true, force: true });
    for (const [endpoint, files] of Object.entries(tls)) {
      if (Object.keys(files).length === 0) continue;
      const directory = join(this.tlsDirectory(meta.Name), endpoint);
      makeDirectories(directory, 0o700);
      for (const [name, bytes] of Object.entries(files)) writeFileSync(join(directory, name), bytes, { mode: 0o600 });
    }
  }

  remove(name: string): void {
    rmSync(this.metaDirectory(name), { recursive: true, force: true });
    rmSync(this.tlsDirectory(name), { recursive: true, force: true });
  }

  tls(name: string): ContextTls {
    const directory = this.tlsDirectory(name);
    if (!existsSync(directory)) return {};
    const filesOf = (endpoint: string): TlsFiles => Object.fromEntries(readdirSync(join(directory, endpoint)).map((file) => [file, readFileSync(join(directory, endpoint, file))]));
    const endpoints = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return Object.fromEntries(endpoints.map(({ name: endpoint }) => [endpoint, filesOf(endpoint)]));
  }

  metaDirectory(name: string): string {
    return join(this.#root, 'meta', idOf(name));
  }

  tlsDirectory(name: string): string {
    return join(this.#root, 'tls', idOf(name));
  }
}

/** With those above it. Throws InvalidArgument in Docker's words: Node's own name another error and directory. */
function makeDirectories(path: string, mode: number): void {
  const found = tolerating(['EACCES'], undefined, () => statSync(path, { throwIfNoEntry: false })); // who may not look may not make it either
  if (found?.isDirectory()) return;
  if (found) throw new InvalidArgument(`mkdir ${path}: not a directory`);
  const parent = dirname(path);
  if (parent !== path) makeDirectories(parent, mode);
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw fileComplaint(error, 'mkdir', path); // another command may have made it
  }
}

/** node:crypto takes 10 ms to load, which only a command that uses a context should pay. */
function idOf(name: string): string {
  return process.getBuiltinModule('node:crypto').createHash('sha256').update(name).digest('hex');
}
