/**
 * Compiled seccomp filters, kept for processes that are added later, also by a later daemon:
 *
 *   <root>/<sha256>   written whole under another name, then renamed
 *
 * Nearly every container has the default filter: one file serves them all, and is read once. While a daemon runs none is
 * removed, since a task that is just being made may count on it; the next one removes those that no task names.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export class SeccompPrograms {
  readonly #root: string;
  readonly #names = new WeakMap<Uint8Array, string>();
  readonly #read = new Map<string, Uint8Array>();

  constructor(root: string) {
    this.#root = root;
    mkdirSync(root, { recursive: true, mode: 0o700 });
  }

  /** Keeps a program, and gives its name. */
  keep(program: Uint8Array): string {
    const known = this.#names.get(program);
    if (known !== undefined) return known;
    const name = createHash('sha256').update(program).digest('hex');
    const path = join(this.#root, name);
    if (!existsSync(path)) {
      writeFileSync(`${path}.new`, program, { mode: 0o600 });
      renameSync(`${path}.new`, path);
    }
    this.#names.set(program, name);
    return name;
  }

  /** Removes all but those that `used` names, before anything is kept. */
  sweep(used: ReadonlySet<string | undefined>): void {
    for (const name of readdirSync(this.#root)) if (!used.has(name)) rmSync(join(this.#root, name), { force: true });
  }

  /** The program of that name; throws when it was never kept. */
  read(name: string): Uint8Array {
    const program = this.#read.get(name) ?? readFileSync(join(this.#root, name));
    this.#read.set(name, program);
    return program;
  }
}
