import type { Call } from '#client';
import type { Cli } from '../cli.ts';

const tries = 10;
const firstDelay = 10;

/**
 * Tells the engine the size of this terminal, now and whenever it changes, until disposed. The process may not have its
 * terminal yet: the first time is tried again for a while.
 */
export function followWindowSize(cli: Cli, call: Call<unknown>, id: string): Disposable {
  const resize = async (): Promise<void> => {
    const { rows, columns } = cli.stdout;
    if (rows > 0 || columns > 0) await cli.engine().call(call, { path: { id }, query: { h: rows, w: columns } });
  };
  const onResize = (): void => void resize().catch(() => {}); // the process may have ended: its end is told elsewhere
  // Asked first: Node's own listener, which learns the new size, is made at that moment and must run before ours.
  void insist(resize).catch(() => cli.stderr.write('failed to resize tty, using default size\n'));
  process.on('SIGWINCH', onResize);
  return { [Symbol.dispose]: () => void process.off('SIGWINCH', onResize) };
}

async function insist(action: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await action();
    } catch (error) {
      if (attempt === tries) throw error;
      await new Promise((wake) => setTimeout(wake, firstDelay * attempt));
    }
  }
}
