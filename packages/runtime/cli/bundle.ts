/** Bundles: an OCI `config.json` beside a root file system, and what is remembered of them for `state` and `list`. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { errnoOf, InvalidArgument, messageOf } from '#base';
import type { OciSpec } from '#spec';

/** What a later command must know again of a container. */
export interface BundleRecord {
  readonly bundle: string;
  readonly created: string;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Reads a bundle's configuration, its root path made absolute. Throws InvalidArgument with the file and what is wrong. */
export function readBundle(directory: string): { bundle: string; spec: OciSpec } {
  const bundle = resolve(directory);
  const spec = parse(join(bundle, 'config.json'));
  if (!spec.root?.path) throw new InvalidArgument(`${bundle}/config.json: root.path is missing`);
  return { bundle, spec: { ...spec, root: { ...spec.root, path: resolve(bundle, spec.root.path) } } };
}

function parse(path: string): OciSpec {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as OciSpec;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') throw new InvalidArgument('JSON specification file config.json not found', { cause: error });
    throw new InvalidArgument(`${path}: ${messageOf(error)}`, { cause: error });
  }
}

const recordPath = (root: string, id: string): string => join(root, 'bundles', `${id}.json`);

export function rememberBundle(root: string, id: string, record: BundleRecord): void {
  mkdirSync(join(root, 'bundles'), { recursive: true, mode: 0o700 });
  writeFileSync(recordPath(root, id), JSON.stringify(record), { mode: 0o600 });
}

export function forgetBundle(root: string, id: string): void {
  rmSync(recordPath(root, id), { force: true });
}

/** Undefined for a container whose create was cut short. */
export function recallBundle(root: string, id: string): BundleRecord | undefined {
  try {
    return JSON.parse(readFileSync(recordPath(root, id), 'utf8')) as BundleRecord;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
