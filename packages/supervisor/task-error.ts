import { messageOf, NaruError } from '#base';

/** A process that the runtime could not start: the command is missing or may not run, a mount failed. */
export class TaskError extends NaruError {
  /** 127 when something was not found, 126 when it may not run, 128 otherwise. */
  readonly exitCode: number;

  constructor(cause: unknown) {
    const message = messageOf(cause);
    super(cause instanceof NaruError ? cause.kind : 'Internal', message, { cause });
    this.exitCode = exitCodeFor(message);
  }
}

/** Rejects with TaskError where `work` rejects. */
export async function asTaskError<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw new TaskError(error);
  }
}

function exitCodeFor(message: string): number {
  if (/permission denied|is a directory/i.test(message)) return 126;
  if (/executable file not found|no such file or directory|not a directory/i.test(message)) return 127;
  return 128;
}
