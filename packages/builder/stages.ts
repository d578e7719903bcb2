import { InvalidArgument } from '#base';
import type { Built } from './state.ts';

/** The stages built so far, by name and by number: what FROM and COPY --from may refer to. */
export class StageResults {
  readonly #all: Built[] = [];
  readonly #named = new Map<string, Built>();

  byName(name: string): Built | undefined {
    return this.#named.get(name.toLowerCase());
  }

  /** Throws InvalidArgument for a number that is no finished stage; undefined for what may be an image. */
  byNameOrIndex(text: string): Built | undefined {
    const named = this.byName(text);
    if (named || !/^[+-]?\d+$/.test(text)) return named;
    const index = Number(text);
    if (index === this.#all.length) throw new InvalidArgument('refers to current build stage');
    const stage = this.#all[index];
    if (!stage) throw new InvalidArgument('index out of bounds');
    return stage;
  }

  requireFree(name: string): void {
    if (name !== '' && this.#named.has(name)) throw new InvalidArgument(`${name} stage name already used`);
  }

  add(name: string, built: Built): void {
    this.requireFree(name);
    if (name !== '') this.#named.set(name, built);
    this.#all.push(built);
  }
}
