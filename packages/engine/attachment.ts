/** Carries an attachment over a connection that was taken over: output one way, framed or raw, typed input the other. */
import type { Duplex, Writable } from 'node:stream';
import { DetachWatch } from '#base';
import type { Attachment } from '#runtime';
import { frame, writeOrWait } from './streams.ts';

export interface Carriage {
  readonly attachment: Attachment;
  readonly socket: Duplex;
  /** Eight bytes before each piece, telling stdout from stderr; false for a terminal. */
  readonly framed: boolean;
  /** The keys that detach; undefined passes everything on. */
  readonly detachKeys: Uint8Array | undefined;
  /** The end of what the client says ends the process's stdin. Otherwise stdin stays for the next who attaches, and the attachment ends. */
  readonly closesStdin: boolean;
  /** What must have happened, once the output has ended, before the client may see it: clients ask for the exit code at once. */
  readonly before?: () => Promise<unknown>;
}

/** Resolves when the output has ended ('ended'), the client left ('gone') or typed the detach keys ('detached'); the connection is closed then. */
export async function carry(carriage: Carriage): Promise<'ended' | 'gone' | 'detached'> {
  const { socket } = carriage;
  await using attachment = carriage.attachment;
  const gone = goneSignal(socket);
  const left = Promise.withResolvers<'detached' | 'ended'>();
  if (attachment.stdin) forwardInput(carriage, attachment.stdin, left.resolve);
  else socket.resume();
  try {
    return await Promise.race([aborted(gone), left.promise, forwardOutput(attachment, carriage, gone)]);
  } finally {
    close(socket);
  }
}

/** Aborted once nobody is at the other end, who may have left before anybody looked. */
function goneSignal(socket: Duplex): AbortSignal {
  const gone = new AbortController();
  const tell = (): void => gone.abort();
  if (socket.destroyed) tell();
  else socket.once('close', tell).once('error', tell);
  return gone.signal;
}

function aborted(gone: AbortSignal): Promise<'gone'> {
  return new Promise((resolve) => {
    if (gone.aborted) resolve('gone');
    else gone.addEventListener('abort', () => resolve('gone'), { once: true });
  });
}

async function forwardOutput(attachment: Attachment, { socket, framed, before }: Carriage, gone: AbortSignal): Promise<'ended' | 'gone'> {
  for await (const { stream, bytes } of attachment.output) {
    if (!(await writeOrWait(socket, framed ? frame(stream, bytes) : bytes, gone))) return 'gone';
  }
  await before?.();
  return 'ended';
}

/** The client's half-close ends the process's stdin or the attachment; its disappearance only detaches. */
function forwardInput({ socket, detachKeys, closesStdin }: Carriage, stdin: Writable, leave: (how: 'detached' | 'ended') => void): void {
  const watch = detachKeys && new DetachWatch(detachKeys);
  stdin.on('error', () => socket.resume());
  stdin.on('drain', () => socket.resume());
  socket.on('data', (chunk: Buffer) => {
    const { bytes, detached } = watch?.take(chunk) ?? { bytes: chunk, detached: false };
    if (bytes.length > 0 && !stdin.destroyed && !stdin.write(bytes)) socket.pause();
    if (detached) leave('detached');
  });
  const end = (): void => {
    if (!closesStdin) leave('ended');
    else if (!stdin.destroyed) stdin.end();
  };
  // A client with nothing to say may have ended before anybody listened.
  if (socket.readableEnded) end();
  else socket.once('end', end);
  socket.resume();
}

/** Everything written goes out first. */
function close(socket: Duplex): void {
  if (socket.destroyed) return;
  socket.resume();
  if (socket.writableFinished) socket.destroy();
  else socket.end(() => socket.destroy());
}
