/**
 * `--timings`: where each millisecond went. Stretches of the command one after another, and in each what was asked of
 * the engine, with the engine's own share; layers and build steps as their progress is told. Told when it is disposed of, however
 * the command ends. Naru's own.
 */
import type { Exchange, ProgressMessage } from '#client';
import type { Cli } from './cli.ts';

interface Stretch {
  readonly what: string;
  readonly milliseconds: number;
  readonly parts: readonly string[];
}

export class Timings implements Disposable {
  readonly #stretches: Stretch[] = [];
  readonly #now: () => number;
  #parts: string[] = [];
  #from = 0;
  #last = 'until it failed';
  #tell: (text: string) => void = () => {};
  /** What each layer is doing, and since when. */
  readonly #doing = new Map<string, { readonly status: string; readonly since: number }>();
  readonly #layers = new Map<string, Map<string, number>>();
  #step: { readonly what: string; readonly since: number } | undefined;

  /** `now`: milliseconds since this process began. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Begins to watch the command's engine: what came before is the command's own start. */
  static of(cli: Cli): Timings {
    const timings = new Timings();
    timings.lap('starting this command');
    timings.#tell = (text) => cli.stderr.write(text);
    cli.engine().observer = (exchange) => timings.exchanged(exchange);
    return timings;
  }

  /** Ends a stretch: everything since the last one was `what`. */
  lap(what: string): void {
    const to = this.#now();
    this.#stretches.push({ what, milliseconds: to - this.#from, parts: this.#parts });
    this.#parts = [];
    this.#from = to;
  }

  /** What is going on until the command ends, which it does well. */
  ends(what: string): void {
    this.#last = what;
  }

  [Symbol.dispose](): void {
    this.#tell(this.report(this.#last));
  }

  exchanged({ method, target, begun, answered, engine }: Exchange): void {
    const path = target.replace(/\?.*/, '').replace(/(?<=\/)[0-9a-f]{64}(?=\/|$)/, (id) => id.slice(0, 12));
    this.#parts.push(`${figure(answered - begun)}  ${method} ${path}${engine === undefined ? '' : ` (engine ${engine.toFixed(1)})`}`);
  }

  /** Takes a message of pull's or build's progress. */
  progressed({ id, status, stream }: ProgressMessage): void {
    const at = this.#now();
    if (id && status) this.#layer(id, status, at);
    const step = /^Step \d+\/\d+ : .*/.exec(stream ?? '')?.[0];
    if (step !== undefined || stream?.startsWith('Successfully built')) this.#endStep(at);
    if (step !== undefined) this.#step = { what: step, since: at };
  }

  /** The last stretch, and the whole as text. */
  report(what: string): string {
    const end = this.#now();
    this.#endStep(end);
    for (const id of this.#doing.keys()) this.#layer(id, '', end);
    for (const [id, phases] of this.#layers) this.#parts.push(`${figure(total(phases.values()))}  ${id}: ${[...phases].map(([phase, time]) => `${phase.toLowerCase()} ${time.toFixed(1)}`).join(', ')}`);
    this.lap(what);
    const lines = this.#stretches.flatMap((stretch) => [`${figure(stretch.milliseconds)}  ${stretch.what}`, ...stretch.parts.map((part) => `    ${part}`)]);
    return `\nTimings, in milliseconds:\n${[...lines, `${figure(end)}  in all`].join('\n')}\n`;
  }

  #layer(id: string, status: string, at: number): void {
    const before = this.#doing.get(id);
    if (before?.status === status) return;
    if (before && busy.has(before.status)) {
      const phases = this.#layers.get(id) ?? new Map<string, number>();
      this.#layers.set(id, phases.set(before.status, (phases.get(before.status) ?? 0) + at - before.since));
    }
    this.#doing.set(id, { status, since: at });
  }

  #endStep(at: number): void {
    if (this.#step) this.#parts.push(`${figure(at - this.#step.since)}  ${this.#step.what}`);
    this.#step = undefined;
  }
}

/** Statuses in which something is being done; in the others a layer waits or is there. */
const busy = new Set(['Waiting', 'Pulling fs layer', 'Downloading', 'Verifying Checksum', 'Extracting']);

function total(values: Iterable<number>): number {
  return [...values].reduce((sum, value) => sum + value, 0);
}

function figure(milliseconds: number): string {
  return milliseconds.toFixed(1).padStart(9);
}
