/** Every text that a classic build prints, exactly as `docker build` without BuildKit shows it. */
import { hexOf, type Digest } from '#base';
import type { BuildEvents } from './port.ts';

const red = '\u001b[91m';
const plain = '\u001b[0m';

export class Output {
  readonly #events: BuildEvents;

  constructor(events: BuildEvents) {
    this.#events = events;
  }

  /** What a RUN writes; its stderr is red. */
  command(stream: 1 | 2, text: string): void {
    this.#events.stream(stream === 2 ? `${red}${text}${plain}` : text);
  }

  warnings(texts: readonly string[]): void {
    if (texts.length === 0) return;
    for (const text of texts) this.command(2, `[WARNING]: ${text}\n`);
    this.command(2, '[WARNING]: Empty continuation lines will become errors in a future release.\n');
  }

  step(number: number, total: number, code: string): void {
    this.#events.stream(`Step ${number}/${total} : ${code}`);
    this.#events.stream('\n');
  }

  triggers(count: number): void {
    this.#events.stream(`# Executing ${count} build trigger`);
    if (count > 1) this.#events.stream('s');
    this.#events.stream('\n');
  }

  image(id: Digest | undefined): void {
    this.#events.stream(` ---> ${id === undefined ? '' : shortId(hexOf(id))}\n`);
  }

  usingCache(): void {
    this.#events.stream(' ---> Using cache\n');
  }

  runningIn(container: string): void {
    this.#events.stream(` ---> Running in ${shortId(container)}\n`);
  }

  removed(container: string): void {
    this.#events.stream(` ---> Removed intermediate container ${shortId(container)}\n`);
  }

  notRemoved(container: string, why: string): void {
    this.#events.stream(`Removing intermediate container ${shortId(container)}: ${why}\n`);
  }

  overridingHealthcheck(previous: readonly string[]): void {
    this.#events.stream(`Note: overriding previous HEALTHCHECK: [${previous.join(' ')}]\n`);
  }

  unusedArgs(names: readonly string[]): void {
    if (names.length > 0) this.#events.stream(`[Warning] One or more build-args [${names.join(' ')}] were not consumed\n`);
  }

  downloaded(): void {
    this.#events.stream('\n');
  }

  stageDone(id: Digest): void {
    this.#events.aux({ ID: id });
  }

  squashed(id: Digest): void {
    this.#events.aux({ ID: id }, 'moby.image.id');
  }

  cancelled(): void {
    this.#events.stream('Build cancelled\n');
  }

  done(id: Digest, tags: readonly string[]): void {
    this.#events.stream(`Successfully built ${shortId(hexOf(id))}\n`);
    for (const tag of tags) this.#events.stream(`Successfully tagged ${tag}\n`);
  }
}

/** The twelve characters by which people know an image or container. */
export function shortId(id: string): string {
  return id.slice(0, 12);
}
