/**
 * Writes archives on one thread: headers and contents are gathered in one large buffer, which goes out whole.
 */
import { readSync } from 'node:fs';
import { encodeHeader, InvalidArgument, tarEnd, tarPadding, type TarMember } from '#base';

/** Takes the archive's bytes; they are valid only during the call. */
export type ByteSink = (bytes: Buffer) => void;

export class TarPacker {
  readonly #sink: ByteSink;
  readonly #buffer = Buffer.allocUnsafeSlow(1 << 20);
  #used = 0;
  members = 0;
  /** Bytes of the files put in. */
  contentSize = 0;

  constructor(sink: ByteSink) {
    this.#sink = sink;
  }

  /** A member without content. */
  member(member: TarMember): void {
    this.#put(encodeHeader(member));
    this.members++;
  }

  /** A file and its content from an open descriptor. A file that grows is cut at the size it had; one that shrinks is filled with zeros. */
  file(member: TarMember, fd: number): void {
    const size = member.size ?? 0;
    this.member(member);
    this.contentSize += size;
    let left = size;
    while (left > 0) {
      if (this.#used === this.#buffer.length) this.flush();
      const count = readSync(fd, this.#buffer, this.#used, Math.min(left, this.#buffer.length - this.#used), null);
      if (count === 0) break;
      this.#used += count;
      left -= count;
    }
    this.#zeros(left + tarPadding(size));
  }

  /** The end of the archive. */
  end(): void {
    this.#put(tarEnd);
    this.flush();
  }

  flush(): void {
    if (this.#used > 0) this.#sink(this.#buffer.subarray(0, this.#used));
    this.#used = 0;
  }

  #put(bytes: Buffer): void {
    if (bytes.length > this.#buffer.length) throw new InvalidArgument('archive/tar: header is too large');
    if (this.#used + bytes.length > this.#buffer.length) this.flush();
    this.#used += bytes.copy(this.#buffer, this.#used);
  }

  #zeros(count: number): void {
    for (let left = count; left > 0; ) {
      if (this.#used === this.#buffer.length) this.flush();
      const step = Math.min(left, this.#buffer.length - this.#used);
      this.#buffer.fill(0, this.#used, this.#used + step);
      this.#used += step;
      left -= step;
    }
  }
}
