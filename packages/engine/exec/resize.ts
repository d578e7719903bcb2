/** `POST /exec/{id}/resize`. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Internal, InvalidArgument, NotFound } from '#base';
import type { ConsoleSize } from '../containers/resize.ts';
import type { Engine } from '../context.ts';
import type { Exec } from './store.ts';

/** Milliseconds, dockerd's: a client asks for the start and for the size at once, over two connections. */
const patience = 10_000;

/**
 * Gives an exec's terminal its size; one that has not been started yet is waited for. Throws Internal when it is not started in
 * time, InvalidArgument for one that could not be started, NotFound for one that has ended. Without a terminal there is
 * nothing to resize, and that is well.
 */
export async function resizeExec(engine: Pick<Engine, 'execs'>, exec: Exec, size: ConsoleSize, signal: AbortSignal): Promise<void> {
  if (!exec.process && exec.exitCode === undefined) await began(engine, exec, signal);
  if (!exec.process) throw new InvalidArgument('exec process is not started');
  if (exec.exitCode !== undefined) throw new NotFound(`process does not exist ${exec.id}: not found`);
  if (exec.request.tty) await exec.process.resize(size.columns, size.rows);
}

async function began({ execs }: Pick<Engine, 'execs'>, exec: Exec, signal: AbortSignal): Promise<void> {
  const over = new AbortController();
  const late = sleep(patience, undefined, { signal: AbortSignal.any([signal, over.signal]) }).then(() => {
    throw new Internal('timeout waiting for exec session ready');
  });
  try {
    await Promise.race([execs.begun(exec), late]);
  } finally {
    late.catch(() => {});
    over.abort();
  }
}
