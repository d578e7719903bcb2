import { calls } from '#client';
import type { Cli } from '../../cli.ts';

/** Hands signals that come to this command on to the container, until disposed. */
export function forwardSignals(cli: Cli, id: string): Disposable {
  return cli.takeSignals((signal) => {
    const query = { signal: signal.replace(/^SIG/, '') };
    cli.engine().call(calls.containerKill, { path: { id }, query }).catch(() => {}); // it has ended meanwhile: its exit code is on its way
  });
}
