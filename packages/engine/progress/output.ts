/**
 * Docker's JSON streams (pull, push, load, import, build): one object a line, `\r\n` between them. The response starts
 * with its first line, so that what fails before it is an ordinary HTTP error; what fails after is the last line:
 * `{"errorDetail":{"message":…},"error":…}`.
 */
import { messageOf } from '#base';
import type { ProgressMessage } from '#spec';
import { encodeJson } from '../json.ts';
import type { ApiReply } from '../router.ts';

export interface ProgressOutput {
  /** Sends one line. */
  write(message: ProgressMessage): void;
}

/** Runs `work` with an output onto `reply`; rethrows its error while nothing has been sent. */
export async function streamProgress(reply: ApiReply, work: (output: ProgressOutput) => Promise<void>): Promise<void> {
  let started = false;
  const output: ProgressOutput = {
    write(message) {
      if (!started) reply.stream(200, 'application/json');
      started = true;
      if (!reply.raw.destroyed) reply.raw.write(encodeJson(message).replace(/\n$/, '\r\n'));
    },
  };
  try {
    await work(output);
  } catch (error) {
    if (!started) throw error;
    output.write(errorMessage(error));
  }
  if (!started) reply.stream(200, 'application/json');
  reply.raw.end();
}

/** The line that tells a failure; a build step's exit code goes with it. */
export function errorMessage(error: unknown): ProgressMessage {
  const message = messageOf(error);
  const code = error instanceof Error && 'exitCode' in error && typeof error.exitCode === 'number' ? error.exitCode : undefined;
  return { errorDetail: code === undefined ? { message } : { code, message }, error: message };
}
