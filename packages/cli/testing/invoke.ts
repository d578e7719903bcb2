import { main } from '../main.ts';
import { Typed } from '../terminal/typed.ts';

export interface Invoked {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly bytes: Buffer;
}

export interface InvokeOptions {
  readonly program?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly stdin?: string | Uint8Array;
  /** Milliseconds since the epoch. */
  readonly now?: number;
  readonly columns?: number;
}

/** Runs the command in this process, its streams in memory. No terminal, no configuration but what `env` names. */
export async function invoke(words: readonly string[], options: InvokeOptions = {}): Promise<Invoked> {
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  const into = (chunks: Buffer[]) => ({ write: (bytes: string | Uint8Array) => void chunks.push(Buffer.from(bytes)), isTerminal: false, columns: options.columns ?? 0, rows: 0 });
  const input = async function* (): AsyncGenerator<Buffer> {
    if (options.stdin !== undefined) yield Buffer.from(options.stdin);
  };
  const code = await main(words, {
    program: options.program ?? 'naru',
    env: { HOME: '/nonexistent', DOCKER_CONFIG: '/nonexistent/config', ...options.env },
    stdin: { isTerminal: false, stream: undefined, bytes: input, typed: new Typed(input) },
    stdout: into(out),
    stderr: into(err),
    now: () => options.now ?? Date.now(),
    interrupted: new AbortController().signal,
    takeSignals: () => ({ [Symbol.dispose]: () => {} }),
  });
  const bytes = Buffer.concat(out);
  return { code, stdout: bytes.toString(), stderr: Buffer.concat(err).toString(), bytes };
}
