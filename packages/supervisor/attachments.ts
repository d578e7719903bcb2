/**
 * Attaching to a container that does not run yet: `docker run` attaches before it starts, so that not a byte of output
 * is missed. The attachment waits; `start` binds it to the task between create and start.
 */
import { Writable } from 'node:stream';
import type { Attachment, OutputChunk, Task } from '#runtime';

export interface WantedStreams {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
}

export class PendingAttachment implements Attachment {
  readonly stdin: Writable | undefined;
  readonly output: AsyncIterable<OutputChunk>;
  readonly streams: WantedStreams;
  /** Settles with the real attachment, or with undefined when there will be none. */
  readonly #bound = Promise.withResolvers<Attachment | undefined>();
  readonly #leave: () => void;

  /** `leave` is called when the attacher goes before the container starts. */
  constructor(streams: WantedStreams, leave: (attachment: PendingAttachment) => void) {
    this.streams = streams;
    this.#leave = () => leave(this);
    this.stdin = streams.stdin ? forwardTo(this.#bound.promise) : undefined;
    this.output = outputOf(this.#bound.promise);
  }

  async bind(task: Pick<Task, 'attach'>): Promise<void> {
    this.#bound.resolve(await task.attach(this.streams));
  }

  /** Ends the attachment: the container was removed, or the attacher left. */
  cancel(): void {
    this.#bound.resolve(undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#leave();
    this.cancel();
    await (await this.#bound.promise)?.[Symbol.asyncDispose]();
  }
}

async function* outputOf(bound: Promise<Attachment | undefined>): AsyncGenerator<OutputChunk> {
  const attachment = await bound;
  if (attachment) yield* attachment.output;
}

/** `end` closes the process's stdin, `destroy` only detaches, as for a bound attachment. */
function forwardTo(bound: Promise<Attachment | undefined>): Writable {
  const target = bound.then((attachment) => attachment?.stdin);
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      target.then((stdin) => (stdin ? stdin.write(chunk, done) : done()), done);
    },
    final(done) {
      target.then((stdin) => (stdin ? stdin.end(() => done()) : done()), done);
    },
    destroy(error, done) {
      target.then((stdin) => stdin?.destroy(), () => undefined);
      done(error);
    },
  });
}
