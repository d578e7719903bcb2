import { StringDecoder } from 'node:string_decoder';
import { Cancelled, InvalidArgument } from '#base';
import type { Attachment } from '#runtime';
import { TaskError, type ContainerSpec } from '#supervisor';
import { CommandFailed } from '../failure.ts';
import type { Output } from '../output.ts';
import type { BuildSupervisor } from '../needs.ts';
import { LineGatherer } from './gather.ts';

/**
 * Runs a container that has been created, to its end; its output goes to the build's. Throws CommandFailed for any code
 * but 0, Cancelled when `signal` ended it.
 */
export async function runContainer(supervisor: BuildSupervisor, spec: ContainerSpec, output: Output, signal: AbortSignal): Promise<void> {
  await using attachment = await supervisor.attach(spec.id, { stdin: false, stdout: true, stderr: true });
  signal.throwIfAborted();
  const stop = killer(supervisor, spec.id);
  signal.addEventListener('abort', stop.kill, { once: true });
  try {
    await Promise.all([started(supervisor, spec.id), copyOutput(attachment, output)]);
    const exit = await supervisor.wait(spec.id, 'not-running');
    if (signal.aborted) throw new Cancelled('Build cancelled');
    if (exit.code !== 0) throw new CommandFailed(spec.process.args, exit.code);
  } finally {
    signal.removeEventListener('abort', stop.kill);
    await stop.killed;
  }
}

/** Why a task could not start, as dockerd words it to builds; without the shell's code, which is for `docker run`. */
async function started(supervisor: BuildSupervisor, id: string): Promise<void> {
  try {
    await supervisor.start(id);
  } catch (error) {
    if (!(error instanceof TaskError)) throw error;
    throw new InvalidArgument(`failed to create task for container: failed to create shim task: ${error.message}`, { cause: error });
  }
}

/** An abort kills at once; whether the kill found a process does not matter, the container is removed in any case. */
function killer(supervisor: BuildSupervisor, id: string): { kill: () => void; killed: Promise<void> | undefined } {
  const stop: { kill: () => void; killed: Promise<void> | undefined } = {
    kill: () => {
      stop.killed = supervisor.kill(id, 9).catch(() => undefined);
    },
    killed: undefined,
  };
  return stop;
}

/** A character whose bytes come in two chunks is kept whole. */
async function copyOutput(attachment: Attachment, output: Output): Promise<void> {
  const lines = new LineGatherer((stream, text) => output.command(stream, text));
  const decoders = { 1: new StringDecoder('utf8'), 2: new StringDecoder('utf8') };
  for await (const { stream, bytes } of attachment.output) {
    lines.write(stream, decoders[stream].write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)));
  }
  for (const stream of [1, 2] as const) {
    const rest = decoders[stream].end();
    if (rest !== '') lines.write(stream, rest);
  }
  lines.flush();
}
