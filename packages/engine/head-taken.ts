import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { unreadByPeer } from '#kernel';

/** Milliseconds that a client has to read the head of an answer, on a busy machine too; then the stream begins in any case. */
const patience = 5000;
/** Milliseconds between two looks: short at first, for most have read it at once. */
const pauseAfter = (waited: number): number => (waited < 50 ? 1 : 10);

/**
 * Resolves once the client has read what was written to it, the head of a stream. Some clients (Docker's for Python)
 * read the head through a buffer and the stream past it: what comes with the head is lost to them.
 */
export async function headTaken(socket: Socket): Promise<void> {
  const fd = (socket as unknown as { _handle?: { fd?: number } | null })._handle?.fd;
  if (fd === undefined || fd < 0) return;
  for (let waited = 0; waited < patience && !socket.destroyed; waited += pauseAfter(waited)) {
    if ((unreadByPeer(fd) ?? 0) === 0) return;
    await pause(pauseAfter(waited));
  }
}
