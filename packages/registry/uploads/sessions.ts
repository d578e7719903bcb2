import { randomUUID } from 'node:crypto';
import { errnoOf, isKind, messageOf } from '#base';
import type { Digest } from '#base';
import type { ContentStore, Ingest } from '#content';
import { RegistryError } from '../errors.ts';
import type { RepositoryIndex, Uploads } from '../port.ts';

/** An open ingest is kept this long between two requests of one upload, so that its running hash is not lost. */
const idleMilliseconds = 30_000;

interface Session {
  readonly ingest: Ingest;
  busy: boolean;
  idle: NodeJS.Timeout | undefined;
}

/**
 * Uploads in progress. The index says which exist; the content store holds their bytes under `upload:<id>`, so that
 * after a restart a client goes on from the offset it asks for.
 */
export class UploadSessions implements Uploads, AsyncDisposable {
  readonly #content: ContentStore;
  readonly #index: RepositoryIndex;
  readonly #open = new Map<string, Promise<Session>>();

  constructor(content: ContentStore, index: RepositoryIndex) {
    this.#content = content;
    this.#index = index;
  }

  async start(repository: string): Promise<string> {
    const id = randomUUID();
    this.#index.startUpload(id, repository);
    return id;
  }

  async offset(repository: string, id: string): Promise<number> {
    return this.#using(repository, id, async (ingest) => ingest.offset);
  }

  async append(repository: string, id: string, body: AsyncIterable<Uint8Array>, start: number | undefined): Promise<number> {
    return this.#using(repository, id, async (ingest) => {
      if (start !== undefined && start !== ingest.offset) {
        throw new RegistryError('RANGE_INVALID', undefined, { headers: { Range: `0-${Math.max(0, ingest.offset - 1)}`, Location: `/v2/${repository}/blobs/uploads/${id}` } });
      }
      await this.#receive(id, ingest, body);
      return ingest.offset;
    });
  }

  /** What came before a hang-up is kept; on a full disk nothing is, and the upload is over. */
  async #receive(id: string, ingest: Ingest, body: AsyncIterable<Uint8Array>): Promise<void> {
    try {
      try {
        for await (const chunk of body) await ingest.write(chunk);
      } finally {
        await ingest.flush();
      }
    } catch (error) {
      if (errnoOf(error) !== 'ENOSPC') throw error;
      await ingest.abort();
      this.#forget(id);
      throw new RegistryError('BLOB_UPLOAD_INVALID', undefined, { status: 507, message: 'no space left on device' });
    }
  }

  async finish(repository: string, id: string, digest: Digest): Promise<void> {
    using _lease = this.#content.lease([digest]);
    await this.#using(repository, id, async (ingest) => {
      try {
        await ingest.commit(digest);
      } catch (error) {
        this.#forget(id);
        if (isKind(error, 'DataLoss')) throw new RegistryError('DIGEST_INVALID', messageOf(error));
        throw error;
      }
      this.#index.linkBlob(repository, digest);
      this.#forget(id);
    });
  }

  async cancel(repository: string, id: string): Promise<void> {
    await this.#using(repository, id, async (ingest) => {
      await ingest.abort();
      this.#forget(id);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const sessions = [...this.#open.values()];
    this.#open.clear();
    for (const opening of sessions) {
      const session = await opening;
      clearTimeout(session.idle);
      await session.ingest[Symbol.asyncDispose]();
    }
  }

  /** Runs `work` as the upload's only request; a second one at the same time is refused, not queued. */
  async #using<T>(repository: string, id: string, work: (ingest: Ingest) => Promise<T>): Promise<T> {
    if (!this.#index.hasUpload(id, repository)) throw new RegistryError('BLOB_UPLOAD_UNKNOWN', id);
    const session = await (this.#open.get(id) ?? this.#reopen(id));
    if (session.busy) throw new RegistryError('BLOB_UPLOAD_INVALID', 'another request is writing to this upload');
    session.busy = true;
    clearTimeout(session.idle);
    try {
      return await work(session.ingest);
    } finally {
      session.busy = false;
      if (this.#open.has(id)) this.#closeWhenIdle(id, session);
    }
  }

  #reopen(id: string): Promise<Session> {
    const opening = this.#content.ingest(ingestRef(id)).then((ingest): Session => ({ ingest, busy: false, idle: undefined }));
    this.#open.set(id, opening);
    opening.catch(() => this.#open.delete(id));
    return opening;
  }

  #closeWhenIdle(id: string, session: Session): void {
    session.idle = setTimeout(() => {
      this.#open.delete(id);
      void session.ingest[Symbol.asyncDispose]();
    }, idleMilliseconds);
    session.idle.unref();
  }

  #forget(id: string): void {
    this.#open.delete(id);
    this.#index.endUpload(id);
  }
}

function ingestRef(id: string): string {
  return `upload:${id}`;
}
