/**
 * Shows the messages of pull, push, load, import and build. In a terminal each layer has a line that is written over,
 * the cursor going up to it and back; elsewhere every message without a bar is a line.
 */
import { humanSize, Internal } from '#base';
import { jsonStream, type ProgressMessage } from '#client';
import type { Output } from './streams.ts';

/** What a stream of messages ended with, when it ended badly. */
export class StreamFailure extends Internal {
  /** The exit code that the message names; 0 for none. */
  readonly code: number;

  constructor(message: string, code: number) {
    super(message);
    this.code = code;
  }
}

/** Shows every message; `onAux` gets those that are for programs, `onMessage` all. Throws StreamFailure for the engine's error message. */
export async function showProgress(body: AsyncIterable<Buffer>, out: Output, onAux: (value: unknown) => void = () => {}, onMessage?: (message: ProgressMessage) => void): Promise<void> {
  const screen = new ProgressScreen(out);
  for await (const message of jsonStream<ProgressMessage>(body)) {
    onMessage?.(message);
    if (message.aux !== undefined) onAux(message.aux);
    else screen.show(message);
  }
}

class ProgressScreen {
  readonly #out: Output;
  readonly #terminal: boolean;
  /** Which line, counted from the first of the block, belongs to which id. */
  #lines = new Map<string, number>();

  constructor(out: Output) {
    this.#out = out;
    this.#terminal = out.isTerminal;
  }

  show(message: ProgressMessage): void {
    if (message.error !== undefined || message.errorDetail !== undefined) throw failureOf(message);
    if (message.id && (message.progressDetail || message.progress)) this.#showOnItsLine(message, message.id);
    else {
      this.#lines = new Map(); // something else now stands below the block: its lines cannot be reached by counting
      this.#out.write(this.#textOf(message));
    }
  }

  #showOnItsLine(message: ProgressMessage, id: string): void {
    if (!this.#terminal) return void this.#out.write(this.#textOf(message));
    let opening = '';
    let line = this.#lines.get(id);
    if (line === undefined) {
      line = this.#lines.size;
      this.#lines.set(id, line);
      opening = '\n';
    }
    const up = this.#lines.size - line;
    this.#out.write(`${opening}\x1b[${up}A${this.#textOf(message)}\x1b[${up}B`);
  }

  #textOf(message: ProgressMessage): string {
    const detail = message.progressDetail ?? undefined;
    const bar = detail ? barOf(detail, this.#out.columns || widest) : '';
    const rewrites = this.#terminal && !message.stream && detail !== undefined;
    if (!rewrites && bar !== '') return '';
    const start = (rewrites ? '\x1b[2K\r' : '') + (message.id ? `${message.id}: ` : '');
    const end = rewrites ? '\r' : '';
    const status = message.status ?? '';
    if (rewrites) return `${start}${status} ${bar}${end}`;
    if (message.progress) return `${start}${status} ${message.progress}${end}`;
    return message.stream ? start + message.stream + end : `${start}${status}${end}\n`;
  }
}

function failureOf({ error, errorDetail }: ProgressMessage): StreamFailure {
  const message = errorDetail?.message ?? error ?? '';
  return new StreamFailure(errorDetail?.code === 401 ? 'authentication is required' : message, errorDetail?.code ?? 0);
}

const widest = 200;
const half = 50;
const roomForBar = 110;

/** `[=====>     ]  1.2MB/3.4MB`; the bar only where the terminal is wide enough. */
function barOf({ current = 0, total = 0, hidecounts, units }: NonNullable<ProgressMessage['progressDetail']>, columns: number): string {
  if (current <= 0 && total <= 0) return '';
  const size = (count: number): string => (units ? String(count) : humanSize(count));
  if (total <= 0) return units ? `${current} ${units}` : size(current).padStart(8);
  const filled = Math.min(half, Math.trunc(Math.trunc((current / total) * 100) / 2));
  const bar = columns > roomForBar ? `[${'='.repeat(filled)}>${' '.repeat(half - filled)}] ` : '';
  if (hidecounts) return bar;
  const counts = units ? `${current}/${total} ${units}` : `${size(current).padStart(8)}/${size(total)}`;
  return bar + (current > total ? (units ? `${current} ${units}` : size(current).padStart(8)) : counts);
}
