/**
 * Manifest lists in the making, stored as the docker command stores them:
 *
 *     manifests/<list's name>/<manifest's name>     one manifest, with what was annotated; `:` as `-`, `/` as `_`
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NotFound } from '#base';
import { type Descriptor, formatReference, type ImageRef } from '#spec';

/** A manifest as it came from the registry, and what it is to be in the list. */
export interface StoredManifest {
  readonly Ref: string;
  readonly Descriptor: Descriptor;
  /** The manifest's own bytes, base64. */
  readonly Raw: string;
  readonly SchemaV2Manifest?: unknown;
  readonly OCIManifest?: unknown;
}

export class ManifestStore {
  readonly #root: string;

  /** `directory` is the configuration directory. */
  constructor(directory: string) {
    this.#root = join(directory, 'manifests');
  }

  /** The manifests of a list, by name; undefined for a list that is not here. */
  list(list: ImageRef): StoredManifest[] | undefined {
    const directory = this.#directory(list);
    if (!existsSync(directory)) return undefined;
    return readdirSync(directory).sort().map((name) => JSON.parse(readFileSync(join(directory, name), 'utf8')) as StoredManifest);
  }

  /** One manifest of a list; undefined where either is not here. */
  get(list: ImageRef, manifest: ImageRef): StoredManifest | undefined {
    const path = join(this.#directory(list), fileName(manifest));
    return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as StoredManifest) : undefined;
  }

  put(list: ImageRef, manifest: ImageRef, stored: StoredManifest): void {
    mkdirSync(this.#directory(list), { recursive: true, mode: 0o755 });
    writeFileSync(join(this.#directory(list), fileName(manifest)), JSON.stringify(stored), { mode: 0o644 });
  }

  /** Throws NotFound for a list that is not here. */
  remove(list: ImageRef): void {
    if (!existsSync(this.#directory(list))) throw new NotFound(`No such manifest: ${formatReference(list)}`);
    rmSync(this.#directory(list), { recursive: true });
  }

  #directory(list: ImageRef): string {
    return join(this.#root, fileName(list));
  }
}

function fileName(ref: ImageRef): string {
  return formatReference(ref).replaceAll(':', '-').replaceAll('/', '_');
}
