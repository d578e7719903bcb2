/** Directories below `tmp` of the data root, as dockerd has them, that hold unpacked build contexts: one a build, gone with it. What a killed daemon left goes at the next start. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';

export interface ContextDirectory extends AsyncDisposable {
  readonly path: string;
}

export class BuildContexts {
  readonly #root: string;
  #ready: Promise<void> | undefined;

  constructor(dataRoot: string) {
    this.#root = join(dataRoot, 'tmp');
  }

  /** An empty directory; disposing removes it with everything in it. */
  async open(): Promise<ContextDirectory> {
    this.#ready ??= this.#clear();
    await this.#ready;
    const path = await mkdtemp(join(this.#root, 'docker-builder'));
    return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
  }

  async #clear(): Promise<void> {
    await rm(this.#root, { recursive: true, force: true });
    await mkdir(this.#root, { recursive: true, mode: 0o700 });
  }
}
