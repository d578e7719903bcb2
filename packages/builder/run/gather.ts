/** Milliseconds that an unfinished line waits for its end. */
const patience = 20;

/**
 * Joins what a program writes piece by piece into whole lines, as they reach people from Docker; an unfinished line (a
 * prompt, a progress bar) goes out after a moment.
 */
export class LineGatherer {
  readonly #send: (stream: 1 | 2, text: string) => void;
  #stream: 1 | 2 = 1;
  #held = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(send: (stream: 1 | 2, text: string) => void) {
    this.#send = send;
  }

  write(stream: 1 | 2, text: string): void {
    if (stream !== this.#stream) this.flush();
    this.#stream = stream;
    this.#held += text;
    if (text.endsWith('\n')) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), patience);
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const text = this.#held;
    this.#held = '';
    if (text !== '') this.#send(this.#stream, text);
  }
}
