/** Joins this command's standard streams with a process's, over a connection that attach or exec took over. */
import { Cancelled, defaultDetachKeys, DetachWatch, parseDetachKeys } from '#base';
import type { Hijacked } from '#client';
import type { Cli } from '../../cli.ts';
import { enterRawMode } from '../../terminal/raw-mode.ts';

export interface StreamPlan {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  /** The process has a terminal: bytes come unframed, and keys can detach. */
  readonly tty: boolean;
  /** Empty for the default. */
  readonly detachKeys: string;
}

/**
 * Streams until the process closes its output, or the detach keys are typed, or, where no output is asked for, the
 * input ends. Rejects when the connection breaks. Hangs up in the end.
 */
export async function stream(connection: Hijacked, plan: StreamPlan, cli: Cli): Promise<'ended' | 'detached'> {
  using held = connection;
  await using _raw = plan.stdin && plan.tty ? await enterRawMode(cli.stdin) : undefined;
  const interrupted = Promise.withResolvers<never>();
  const onInterrupt = (): void => interrupted.reject(new Cancelled('interrupted'));
  cli.interrupted.addEventListener('abort', onInterrupt, { once: true });
  interrupted.promise.catch(() => {}); // heard in the race below, or nobody is left to hear it
  try {
    const output = receive(held, plan, cli).then((): 'ended' => 'ended');
    const input = plan.stdin ? send(held, plan, cli) : closed(held);
    const silent = !plan.stdout && !plan.stderr;
    const left = input.then((how) => (how === 'detached' || silent ? how : output));
    return await Promise.race([output, left, interrupted.promise]);
  } finally {
    cli.interrupted.removeEventListener('abort', onInterrupt);
  }
}

async function closed(connection: Hijacked): Promise<'ended'> {
  connection.closeWrite();
  return 'ended';
}

async function receive(connection: Hijacked, plan: StreamPlan, cli: Cli): Promise<void> {
  if (plan.tty) {
    for await (const bytes of connection.bytes()) if (plan.stdout || plan.stderr) cli.stdout.write(bytes);
    return;
  }
  for await (const { stream: name, bytes } of connection.frames()) {
    if (name === 'stderr') {
      if (plan.stderr) cli.stderr.write(bytes);
    } else if (plan.stdout) cli.stdout.write(bytes);
  }
}

async function send(connection: Hijacked, plan: StreamPlan, cli: Cli): Promise<'ended' | 'detached'> {
  const keys = parseDetachKeys(plan.detachKeys || defaultDetachKeys) ?? parseDetachKeys(defaultDetachKeys);
  const watch = plan.tty && keys ? new DetachWatch(keys) : undefined;
  try {
    for await (const typed of cli.stdin.bytes()) {
      const { bytes, detached } = watch?.take(typed) ?? { bytes: typed, detached: false };
      if (bytes.length > 0) await connection.write(bytes);
      if (detached) return 'detached';
    }
  } catch {
    return 'ended'; // the process reads no more: what it wrote until then is still to come
  }
  connection.closeWrite();
  return 'ended';
}
