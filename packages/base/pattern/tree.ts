/** Regular expressions in Go's syntax (RE2's), as a tree and the errors of what is none. */

/** What an expression is made of. */
export type Node =
  /** One character that the predicate accepts. */
  | { readonly kind: 'character'; readonly accepts: (character: string) => boolean }
  | { readonly kind: 'place'; readonly place: Place }
  | { readonly kind: 'sequence'; readonly parts: readonly Node[] }
  | { readonly kind: 'choice'; readonly parts: readonly Node[] }
  /** `most` is Infinity where there is no limit. */
  | { readonly kind: 'repeat'; readonly part: Node; readonly least: number; readonly most: number };

/** Between two characters: the text's or a line's begin and end, a word's edge or none. */
export type Place = 'text-begin' | 'text-end' | 'line-begin' | 'line-end' | 'word-edge' | 'no-word-edge';

/** The text is no expression. */
export class BadPattern extends Error {}

/** i, m and s as RE2 has them; greediness (U) changes no answer of yes or no. */
export interface Flags {
  readonly fold: boolean;
  readonly lines: boolean;
  readonly dotAll: boolean;
}

/** Reads a text character by character (code points, as Go's runes). */
export class Source {
  readonly #characters: readonly string[];
  at = 0;

  constructor(text: string) {
    this.#characters = Array.from(text);
  }

  get more(): boolean {
    return this.at < this.#characters.length;
  }

  /** The character there, or `ahead` behind it; '' behind the end. */
  peek(ahead = 0): string {
    return this.#characters[this.at + ahead] ?? '';
  }

  /** Takes one character; BadPattern when there is none. */
  take(): string {
    if (!this.more) throw new BadPattern('it ends too early');
    return this.#characters[this.at++] ?? '';
  }

  /** Takes `text`, of characters that JavaScript counts as one each, when it stands there. */
  takes(text: string): boolean {
    for (let index = 0; index < text.length; index++) if (this.#characters[this.at + index] !== text[index]) return false;
    this.at += text.length;
    return true;
  }

  /** Takes all up to `mark` and the mark; undefined, and nothing taken, where there is none. */
  until(mark: string): string | undefined {
    const from = this.at;
    while (this.more) {
      const end = this.at;
      if (this.takes(mark)) return this.#characters.slice(from, end).join('');
      this.at++;
    }
    this.at = from;
    return undefined;
  }

  /** Takes what is left. */
  rest(): string {
    const text = this.#characters.slice(this.at).join('');
    this.at = this.#characters.length;
    return text;
  }
}
