/**
 * nftables through libnftables in this process: one call is one atomic transaction (nft(8)); 0.2 ms where the `nft`
 * command takes 4. The context belongs to the network namespace in which it was opened.
 */
import { Internal, Unavailable } from '#base';
import { koffi } from '../koffi.ts';

/** What the network room needs of nftables; `recordNftables` is its fake. */
export interface Nftables extends Disposable {
  /** Runs commands in nft's own language as one transaction: all of them, or none and Internal with nft's words. */
  run(commands: string): void;
  /** As `run`, for a command that prints; returns what it printed. */
  read(command: string): string;
}

/** Names the package that brings the library. */
export const nftablesMissing = 'libnftables.so.1 was not found, so no address can be translated and no port published: install it with `apt-get install libnftables1`';

type Context = object;

/** Opens a context; throws Unavailable with `nftablesMissing` where the library is not installed. Dispose of it. */
export function openNftables(): Nftables {
  const library = load();
  const context = library.create(0);
  library.bufferOutput(context);
  library.bufferError(context);
  const read = (commands: string): string => {
    if (library.run(context, commands) !== 0) throw new Internal(`nftables: ${library.error(context).trim()}`);
    return library.output(context);
  };
  return { read, run: (commands) => void read(commands), [Symbol.dispose]: () => library.free(context) };
}

function load() {
  const library = open();
  return {
    create: library.func('void *nft_ctx_new(uint32_t flags)') as unknown as (flags: number) => Context,
    free: library.func('void nft_ctx_free(void *ctx)') as unknown as (context: Context) => void,
    bufferOutput: library.func('int nft_ctx_buffer_output(void *ctx)') as unknown as (context: Context) => number,
    bufferError: library.func('int nft_ctx_buffer_error(void *ctx)') as unknown as (context: Context) => number,
    output: library.func('const char *nft_ctx_get_output_buffer(void *ctx)') as unknown as (context: Context) => string,
    error: library.func('const char *nft_ctx_get_error_buffer(void *ctx)') as unknown as (context: Context) => string,
    run: library.func('int nft_run_cmd_from_buffer(void *ctx, const char *commands)') as unknown as (context: Context, commands: string) => number,
  };
}

function open() {
  try {
    return koffi.load('libnftables.so.1');
  } catch (cause) {
    throw new Unavailable(nftablesMissing, { cause });
  }
}
