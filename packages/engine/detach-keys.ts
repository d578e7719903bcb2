/** The key sequence that leaves an attachment without ending the process: `ctrl-p,ctrl-q` unless told otherwise. */
import { InvalidArgument } from '#base';

const controls: Readonly<Record<string, number>> = { '@': 0, '[': 27, '\\': 28, ']': 29, '^': 30, '_': 31 };

/** `a,ctrl-b` as bytes; '' is the default. Throws InvalidArgument (`Invalid detach keys (x) provided`). */
export function parseDetachKeys(text: string): Uint8Array {
  if (text === '') return Uint8Array.of(16, 17);
  return Uint8Array.from(text.split(','), (key) => {
    const code = keyCode(key);
    if (code === undefined) throw new InvalidArgument(`Invalid detach keys (${text}) provided`);
    return code;
  });
}

function keyCode(key: string): number | undefined {
  if (key.length === 1) return key.charCodeAt(0);
  const letter = /^ctrl-(.)$/.exec(key)?.[1];
  if (letter === undefined) return undefined;
  return /[a-z]/.test(letter) ? letter.charCodeAt(0) - 96 : controls[letter];
}

/** Watches what is typed. Keys that begin the sequence are held back until the next ones show what they are; one that shows that they are none begins no other. */
export class DetachWatcher {
  readonly #keys: Uint8Array;
  #held = 0;

  constructor(keys: Uint8Array) {
    this.#keys = keys;
  }

  /** What to pass on, and whether the sequence is complete. */
  push(chunk: Uint8Array): { bytes: Buffer; detach: boolean } {
    const out: number[] = [];
    for (const byte of chunk) {
      if (byte === this.#keys[this.#held]) {
        this.#held++;
        if (this.#held === this.#keys.length) return { bytes: Buffer.from(out), detach: true };
        continue;
      }
      out.push(...this.#keys.subarray(0, this.#held), byte);
      this.#held = 0;
    }
    return { bytes: Buffer.from(out), detach: false };
  }
}
