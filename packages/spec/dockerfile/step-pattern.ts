/**
 * Patterns as steps over a text's characters, taken side by side: time grows with the pattern times the text and no
 * more, where an expression of JavaScript's with several `*` may go back and forth for ever over what a client sent.
 */
export interface Step {
  /** `one` takes a character, `many` any number, `directories` any number that end in a slash, or none: a step that takes the slash follows it. */
  readonly kind: 'one' | 'many' | 'directories';
  readonly fits: (character: string) => boolean;
  /** What alone fits, of one that is never left out. */
  readonly literal?: string;
}

export const isAny = (): boolean => true;
export const isSlash = (character: string): boolean => character === '/';
export const isNoSlash = (character: string): boolean => character !== '/';

/** A character that stands for itself. */
export function literal(character: string): Step {
  return { kind: 'one', fits: (given) => given === character, literal: character };
}

/** Matches whole texts. */
export class StepPattern {
  readonly #steps: readonly Step[];
  /** What every match ends with: most texts are refused by that alone. */
  readonly #end: string;

  constructor(steps: readonly Step[]) {
    this.#steps = steps;
    const last = steps.findLastIndex((step) => step.literal === undefined);
    this.#end = steps.slice(last + 1).map((step) => step.literal).join('');
  }

  test(text: string): boolean {
    if (!text.endsWith(this.#end)) return false;
    let places = new Set<number>();
    this.#enter(0, places);
    for (const character of text) {
      const next = new Set<number>();
      for (const place of places) this.#take(place, character, next);
      if (next.size === 0) return false;
      places = next;
    }
    return places.has(this.#steps.length);
  }

  /** Before a step one is also behind it when it may take nothing. */
  #enter(place: number, places: Set<number>): void {
    const kind = this.#steps[place]?.kind;
    places.add(place);
    if (kind === 'many') this.#enter(place + 1, places);
    if (kind !== 'directories') return;
    places.add(place + 1);
    this.#enter(place + 2, places);
  }

  #take(place: number, character: string, next: Set<number>): void {
    const step = this.#steps[place];
    if (!step?.fits(character)) return;
    if (step.kind === 'one') this.#enter(place + 1, next);
    else if (step.kind === 'many') this.#enter(place, next);
    else next.add(place).add(place + 1); // begun directories must end
  }
}
