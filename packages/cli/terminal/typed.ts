/** Standard input read bit by bit, by one question after another: what one leaves is the next one's. */
export class Typed {
  readonly #open: () => AsyncIterable<Buffer>;
  #chunks: AsyncIterator<Buffer> | undefined;
  #left: Buffer = Buffer.alloc(0);

  /** Nothing is read before the first question. */
  constructor(open: () => AsyncIterable<Buffer>) {
    this.#open = open;
  }

  /** What has come, or comes next; undefined at the end. */
  async chunk(): Promise<Buffer | undefined> {
    if (this.#left.length > 0) {
      const left = this.#left;
      this.#left = Buffer.alloc(0);
      return left;
    }
    this.#chunks ??= this.#open()[Symbol.asyncIterator](); // never given up: that would close the stream under the next question
    const { done, value } = await this.#chunks.next();
    return done ? undefined : value;
  }

  /** Puts bytes back, for who asks next. */
  unread(bytes: Buffer): void {
    this.#left = Buffer.concat([bytes, this.#left]);
  }

  /** The next line without its end; what there is where the input ends before; undefined where nothing is left. */
  async line(): Promise<string | undefined> {
    const parts: Buffer[] = [];
    for (let chunk = await this.chunk(); chunk; chunk = await this.chunk()) {
      const end = chunk.indexOf('\n');
      if (end < 0) {
        parts.push(chunk);
        continue;
      }
      this.unread(chunk.subarray(end + 1));
      return Buffer.concat([...parts, chunk.subarray(0, end)]).toString();
    }
    return parts.length === 0 ? undefined : Buffer.concat(parts).toString();
  }
}
