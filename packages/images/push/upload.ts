import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { Cancelled } from '#base';
import { isTransient } from '../distribution/failures.ts';
import type { RemoteRepository } from '../distribution/repository.ts';
import type { ImagesContext } from '../context.ts';
import type { GrowingFile } from '../growing-file.ts';
import type { LayerBlob } from '../records.ts';
import { pauses } from './patience.ts';

/** Up to this many bytes a blob goes with the request that ends the upload; larger ones in one that can be resumed. */
const singleRequestBytes = 1 << 20;

export interface UploadEvents {
  readonly onProgress: (current: number, total: number) => void;
  readonly onRetry?: (seconds: number) => void;
}

/** A stored blob, or one that is still being made: then `growing` is sent behind it, and `expectedSize` is for show. */
export interface OutgoingBlob {
  readonly blob: Promise<Omit<LayerBlob, 'mediaType'>>;
  readonly growing: GrowingFile | undefined;
  readonly expectedSize?: number;
}

interface Target {
  readonly context: Pick<ImagesContext, 'content'>;
  readonly repository: RemoteRepository;
  readonly signal: AbortSignal;
}

/**
 * Sends a blob into an upload that was begun. When the connection breaks, the registry is asked how much it has and
 * gets the rest; when it forgot the upload, a new one is begun.
 */
export async function uploadBlob(target: Target, outgoing: OutgoingBlob, first: URL, events: UploadEvents): Promise<void> {
  let place: Place = { upload: first, offset: 0 };
  for (let attempt = 0; ; attempt++) {
    try {
      return await sendFrom(target, outgoing, place, events, attempt === 0);
    } catch (error) {
      const pause = pauses[attempt];
      if (target.signal.aborted) throw new Cancelled('context canceled', { cause: error });
      if (pause === undefined || !isTransient(error)) throw error;
      events.onRetry?.(Math.ceil(pause / 1000));
      await sleep(pause, undefined, { signal: target.signal });
      place = await placeToResume(target.repository, place.upload);
    }
  }
}

interface Place {
  readonly upload: URL;
  readonly offset: number;
}

async function sendFrom(target: Target, outgoing: OutgoingBlob, place: Place, events: UploadEvents, first: boolean): Promise<void> {
  const { repository, context } = target;
  if (outgoing.growing && first) {
    const growing = outgoing.growing;
    const next = await repository.appendUpload(place.upload, () => counted(growing.read(), 0, outgoing.expectedSize ?? 0, events), 0, undefined);
    return repository.finishUpload(next, (await outgoing.blob).digest);
  }
  const { digest, size } = await outgoing.blob;
  if (size <= singleRequestBytes && place.offset === 0) return repository.finishUpload(place.upload, digest, await context.content.bytes(digest));
  const body = async (): Promise<Readable> => counted(await context.content.read(digest, place.offset), place.offset, size, events);
  const next = place.offset < size ? await repository.appendUpload(place.upload, body, place.offset, size - place.offset) : place.upload;
  return repository.finishUpload(next, digest);
}

/** The chunks as a stream that tells how far it has been read. */
function counted(chunks: AsyncIterable<Uint8Array>, from: number, total: number, events: UploadEvents): Readable {
  const tell = async function* (): AsyncGenerator<Uint8Array> {
    let sent = from;
    for await (const chunk of chunks) {
      yield chunk;
      sent += chunk.length;
      events.onProgress(sent, Math.max(total, sent));
    }
  };
  return Readable.from(tell(), { objectMode: false, highWaterMark: 1 << 20 });
}

async function placeToResume(repository: RemoteRepository, upload: URL): Promise<Place> {
  try {
    return await repository.uploadOffset(upload);
  } catch (error) {
    if (isTransient(error)) return { upload, offset: 0 };
    const fresh = await repository.startUpload();
    return { upload: fresh ?? upload, offset: 0 };
  }
}
