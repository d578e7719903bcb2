import { setTimeout as sleep } from 'node:timers/promises';
import { Cancelled, DataLoss, errnoOf, isKind } from '#base';
import type { Digest } from '#base';
import type { BlobInfo, Ingest } from '#content';
import type { Descriptor } from '#spec';
import type { ImagesContext } from '../context.ts';
import { isTransient, TransportError } from '../distribution/failures.ts';
import type { RemoteRepository } from '../distribution/repository.ts';
import type { GrowingFile } from '../growing-file.ts';

/** Milliseconds to wait before each further attempt; the last one again for all that follow. */
const pauses = [250, 500, 1000, 2000, 4000] as const;

export interface DownloadEvents {
  /** Is told how much of the blob is on disk, for one who unpacks behind. */
  readonly growing: GrowingFile;
  readonly onProgress: (current: number, total: number) => void;
  readonly onRetry: (seconds: number) => void;
  readonly onVerify: () => void;
}

/**
 * Fetches a blob into the content store. A registry that hangs up is asked again, for the rest only; what arrived stays
 * on disk even when every attempt failed, and the next pull goes on from there. Throws DataLoss in Docker's words when
 * the bytes are not what the digest says.
 */
export async function downloadBlob(
  context: ImagesContext,
  repository: RemoteRepository,
  descriptor: Descriptor,
  events: DownloadEvents,
  signal?: AbortSignal,
): Promise<BlobInfo> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await attemptDownload(context, repository, descriptor, events);
    } catch (error) {
      const pause = attempt < context.limits.attempts ? (pauses[attempt] ?? 4000) : undefined;
      if (signal?.aborted) throw new Cancelled('context canceled', { cause: error });
      if (pause === undefined || !(isTransient(error) || error instanceof ResumedInVain)) throw error instanceof ResumedInVain ? corrupt(descriptor.digest) : error;
      events.onRetry(Math.ceil(pause / 1000));
      await sleep(pause, undefined, { signal });
    }
  }
}

/** Drops what was downloaded in part, instead of keeping it for another attempt: the disk is full. */
export async function discardDownloads(context: ImagesContext, descriptors: readonly Descriptor[]): Promise<void> {
  for (const { digest } of descriptors) await (await context.content.ingest(`blob:${digest}`)).abort();
}

/** The bytes were wrong, but some of them came by an earlier attempt: worth one more, from the start. */
class ResumedInVain extends Error {}

async function attemptDownload(context: ImagesContext, repository: RemoteRepository, descriptor: Descriptor, events: DownloadEvents): Promise<BlobInfo> {
  const { digest, size } = descriptor;
  await using ingest = await context.content.ingest(`blob:${digest}`, { digest, size });
  const present = await context.content.info(digest);
  if (present) {
    await ingest.abort();
    events.growing.finish(await context.content.path(digest), present.size);
    return present;
  }
  const resumed = ingest.offset > 0;
  if (ingest.offset < size) await receive(repository, ingest, descriptor, events);
  events.onVerify();
  try {
    const blob = await ingest.commit();
    events.growing.finish(await context.content.path(digest), blob.size);
    return blob;
  } catch (error) {
    if (!isKind(error, 'DataLoss')) throw error;
    events.growing.restart();
    throw resumed ? new ResumedInVain() : corrupt(digest);
  }
}

async function receive(repository: RemoteRepository, ingest: Ingest, descriptor: Descriptor, events: DownloadEvents): Promise<void> {
  const { body, start } = await repository.blob(descriptor.digest, ingest.offset);
  if (start !== ingest.offset) {
    await ingest.truncate();
    events.growing.restart();
  }
  if (ingest.offset > 0) events.growing.grow(ingest.path, ingest.flushed);
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      const position = ingest.offset;
      if (position + chunk.length > descriptor.size) throw corrupt(descriptor.digest);
      await ingest.write(chunk);
      await events.growing.append(ingest.path, chunk, position, ingest.flushed);
      events.onProgress(ingest.offset, descriptor.size);
    }
  } catch (error) {
    // The stream's own error is the line's; anything else happened here, and what is on disk is of no use.
    if (error === body.errored || errnoOf(error) === 'ERR_STREAM_PREMATURE_CLOSE') throw hangUp(repository, descriptor.digest);
    await ingest.abort();
    throw error;
  }
  if (ingest.offset < descriptor.size) throw hangUp(repository, descriptor.digest);
}

function hangUp(repository: RemoteRepository, digest: Digest): TransportError {
  return new TransportError({ method: 'GET', url: repository.urlOf(`blobs/${digest}`) }, 'unexpected EOF');
}

function corrupt(digest: Digest): DataLoss {
  return new DataLoss(`filesystem layer verification failed for digest ${digest}`);
}
