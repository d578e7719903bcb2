/** The keys that let go of a container without ending it, which its client watches for, or the engine. */

/** The default, as it is written. */
export const defaultDetachKeys = 'ctrl-p,ctrl-q';

const controls = ['ctrl-@', ...Array.from('abcdefghijklmnopqrstuvwxyz', (letter) => `ctrl-${letter}`), 'ctrl-[', 'ctrl-\\', 'ctrl-]', 'ctrl-^', 'ctrl-_'];

/** The bytes of a sequence such as `ctrl-p,ctrl-q`, `ctrl-a,d` or `DEL`; undefined for one that cannot be read. */
export function parseDetachKeys(text: string): Buffer | undefined {
  const bytes = text.split(',').map((key) => {
    if (/^[\0-\x7f]$/.test(key)) return key.charCodeAt(0);
    return key === 'DEL' ? 127 : controls.indexOf(key);
  });
  return bytes.includes(-1) ? undefined : Buffer.from(bytes);
}

/** Watches typed bytes for the sequence; keys that only began it are passed on once another follows, which begins no sequence itself. */
export class DetachWatch {
  readonly #keys: Uint8Array;
  #matched = 0;

  constructor(keys: Uint8Array) {
    this.#keys = keys;
  }

  /** What of `typed` is for the container, and whether the sequence is complete. */
  take(typed: Uint8Array): { bytes: Buffer; detached: boolean } {
    const passed: number[] = [];
    for (const byte of typed) {
      if (byte === this.#keys[this.#matched]) {
        this.#matched++;
        if (this.#matched === this.#keys.length) return { bytes: Buffer.from(passed), detached: true };
        continue;
      }
      passed.push(...this.#keys.subarray(0, this.#matched), byte);
      this.#matched = 0;
    }
    return { bytes: Buffer.from(passed), detached: false };
  }
}
