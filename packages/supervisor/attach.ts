/** Attaches to a container's stdio, or to that of its next start. */
import { Conflict } from '#base';
import type { Attachment } from '#runtime';
import { PendingAttachment, type WantedStreams } from './attachments.ts';
import { entryOf, type Room } from './room.ts';
import { can } from './states.ts';

/** Throws Conflict for a paused or restarting container. */
export async function attach(room: Room, id: string, streams: WantedStreams): Promise<Attachment> {
  const entry = entryOf(room, id);
  if (can('attach', entry.status) !== 'yes') throw new Conflict(refusals[entry.status] ?? `container ${id} is marked for removal`);
  if (entry.task) return entry.task.attach(streams);
  const attachment = new PendingAttachment(streams, (leaving) => entry.waiting.delete(leaving));
  entry.waiting.add(attachment);
  return attachment;

}

const refusals: Readonly<Record<string, string>> = {
  paused: 'container is paused, unpause the container before attach',
  restarting: 'container is restarting, wait until the container is running',
};
