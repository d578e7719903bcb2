import type { IncomingMessage } from 'node:http';
import { DataLoss, digestOf, isDigest } from '#base';
import type { Digest } from '#base';
import { mediaTypes } from '#spec';
import { failureOf, UnexpectedStatus } from './failures.ts';
import type { Session, SessionRequest } from './session.ts';

/** What is asked for as a manifest; schema 1 too, so that its refusal can name it. */
const manifestAccept = [
  mediaTypes.ociIndex, mediaTypes.ociManifest, mediaTypes.dockerList, mediaTypes.dockerManifest,
  'application/vnd.docker.distribution.manifest.v1+prettyjws', 'application/json',
].join(', ');
const manifestLimit = 4 << 20;

export interface ManifestHead {
  readonly digest: Digest;
  readonly mediaType: string;
}

export interface FetchedManifest extends ManifestHead {
  readonly bytes: Buffer;
}

/** One repository of one registry: the distribution-spec's calls, one method each. Refusals are thrown as they were told. */
export class RemoteRepository {
  readonly session: Session;
  readonly #path: string;
  readonly #actions: 'pull' | 'pull,push';
  readonly #signal: AbortSignal | undefined;

  constructor(session: Session, path: string, actions: 'pull' | 'pull,push', signal?: AbortSignal) {
    this.session = session;
    this.#path = path;
    this.#actions = actions;
    this.#signal = signal;
  }

  /** The same repository, its requests ended by another signal. */
  stoppedBy(signal: AbortSignal): RemoteRepository {
    return new RemoteRepository(this.session, this.#path, this.#actions, signal);
  }

  /** The address of a thing in it, for messages. */
  urlOf(path: string): URL {
    return new URL(`v2/${this.#path}/${path}`, this.session.endpoint.url);
  }

  /** What `reference` (tag or digest) stands for now. HEAD first: hubs do not count it against a limit. */
  async resolve(reference: string): Promise<ManifestHead> {
    const head = await this.#send({ method: 'HEAD', path: `manifests/${reference}`, headers: { Accept: manifestAccept } });
    head.resume();
    const digest = String(head.headers['docker-content-digest'] ?? '');
    if (head.statusCode === 200 && isDigest(digest)) return { digest, mediaType: typeOf(head) };
    return this.manifest(reference);
  }

  /** Fetches a manifest and checks it against its digest when that is what was asked for. */
  async manifest(reference: string): Promise<FetchedManifest> {
    const reply = await this.#expect([200], { method: 'GET', path: `manifests/${reference}`, headers: { Accept: manifestAccept } });
    const bytes = await bytesOf(reply, manifestLimit);
    const digest = digestOf(bytes);
    if (isDigest(reference) && reference.startsWith('sha256:') && digest !== reference) throw new DataLoss(`manifest verification failed for digest ${reference}`);
    return { digest, mediaType: typeOf(reply), bytes };
  }

  /** A small blob whole, checked. */
  async document(digest: Digest, limit: number): Promise<Buffer> {
    const bytes = await bytesOf(await this.#expect([200], { method: 'GET', path: `blobs/${digest}` }), limit);
    if (digest.startsWith('sha256:') && digestOf(bytes) !== digest) throw new DataLoss(`image config verification failed for digest ${digest}`);
    return bytes;
  }

  /** A blob's bytes from `offset`; `start` says where they really begin (a registry may not know ranges). */
  async blob(digest: Digest, offset: number): Promise<{ body: IncomingMessage; start: number; total: number | undefined }> {
    const range: Record<string, string> = offset > 0 ? { Range: `bytes=${offset}-` } : {};
    const reply = await this.#send({ method: 'GET', path: `blobs/${digest}`, headers: range });
    const length = reply.headers['content-length'] === undefined ? undefined : Number(reply.headers['content-length']);
    const partial = /^bytes (\d+)-/.exec(reply.headers['content-range'] ?? '');
    if (reply.statusCode === 206 && Number(partial?.[1]) === offset) return { body: reply, start: offset, total: length === undefined ? undefined : offset + length };
    if (reply.statusCode === 200) return { body: reply, start: 0, total: length };
    if (reply.statusCode !== 416 || offset === 0) throw await failureOf(reply);
    reply.resume();
    return this.blob(digest, 0);
  }

  /** The blob's size there, undefined when it is not. */
  async hasBlob(digest: Digest): Promise<number | undefined> {
    const reply = await this.#send({ method: 'HEAD', path: `blobs/${digest}` });
    reply.resume();
    if (reply.statusCode === 200) return Number(reply.headers['content-length'] ?? 0);
    if (reply.statusCode === 404) return undefined;
    throw await failureOf(reply);
  }

  /** Begins an upload; with `mount` the registry may take the blob from another repository, and then there is no upload. */
  async startUpload(mount?: { digest: Digest; from: string }): Promise<URL | undefined> {
    const query = mount ? `?${new URLSearchParams({ from: mount.from, mount: mount.digest })}` : '';
    const scopes = mount ? [`repository:${mount.from}:pull`] : [];
    const reply = await this.#expect([201, 202], { method: 'POST', path: `blobs/uploads/${query}`, scopes });
    reply.resume();
    return reply.statusCode === 201 ? undefined : this.#location(reply);
  }

  /** Sends bytes to an upload, `length` of them or (undefined) as many as come; the next request goes to the URL that comes back. */
  async appendUpload(upload: URL, body: NonNullable<SessionRequest['body']>, start: number, length: number | undefined): Promise<URL> {
    const range: Record<string, string> = start > 0 && length !== undefined ? { 'Content-Range': `${start}-${start + length - 1}` } : {};
    const headers = { 'Content-Type': 'application/octet-stream', ...range };
    const reply = await this.#expect([202, 204], { method: 'PATCH', path: upload, body, bodyLength: length, headers });
    reply.resume();
    return this.#location(reply);
  }

  /** Ends an upload, with the whole blob when `body` is given. */
  async finishUpload(upload: URL, digest: Digest, body: Uint8Array = new Uint8Array()): Promise<void> {
    const url = new URL(upload);
    url.searchParams.set('digest', digest);
    const reply = await this.#expect([201, 204], { method: 'PUT', path: url, body, headers: { 'Content-Type': 'application/octet-stream' } });
    reply.resume();
  }

  /** How many bytes of an upload arrived. */
  async uploadOffset(upload: URL): Promise<{ upload: URL; offset: number }> {
    const reply = await this.#expect([204, 202], { method: 'GET', path: upload });
    reply.resume();
    const end = Number(/^(?:bytes=)?0-(\d+)$/.exec(String(reply.headers.range ?? ''))?.[1] ?? 0);
    return { upload: reply.headers.location === undefined ? upload : this.#location(reply), offset: end === 0 ? 0 : end + 1 };
  }

  /** Forgets an upload that turned out not to be needed; a registry that cannot will do so by itself in time. */
  async cancelUpload(upload: URL): Promise<void> {
    const reply = await this.#send({ method: 'DELETE', path: upload });
    reply.resume();
  }

  async putManifest(reference: string, mediaType: string, bytes: Uint8Array): Promise<void> {
    const reply = await this.#expect([201, 202], { method: 'PUT', path: `manifests/${reference}`, body: bytes, headers: { 'Content-Type': mediaType } });
    reply.resume();
  }

  /** Every tag, all pages. */
  async tags(): Promise<string[]> {
    const tags: string[] = [];
    for (let path: string | URL | undefined = 'tags/list'; path !== undefined; ) {
      const reply: IncomingMessage = await this.#expect([200], { method: 'GET', path });
      const page = JSON.parse((await bytesOf(reply, manifestLimit)).toString()) as { tags: string[] | null };
      tags.push(...(page.tags ?? []));
      const next: string | undefined = /<([^>]+)>\s*;\s*rel="?next"?/.exec(String(reply.headers.link ?? ''))?.[1];
      path = next === undefined ? undefined : new URL(next, this.session.endpoint.url);
    }
    return tags;
  }

  async #expect(statuses: readonly number[], request: RepositoryRequest): Promise<IncomingMessage> {
    const reply = await this.#send(request);
    if (statuses.includes(reply.statusCode ?? 0)) return reply;
    throw await failureOf(reply);
  }

  #send(request: RepositoryRequest): Promise<IncomingMessage> {
    const path = typeof request.path === 'string' ? `v2/${this.#path}/${request.path}` : request.path;
    const scope = `repository:${this.#path}:${this.#actions}`;
    return this.session.send({ ...request, path, scopes: [scope, ...(request.scopes ?? [])], signal: this.#signal });
  }

  #location(reply: IncomingMessage): URL {
    const location = URL.parse(reply.headers.location ?? '', this.session.endpoint.url);
    if (!location) throw new UnexpectedStatus(reply.statusCode ?? 0, 'the registry named no upload location');
    return location;
  }
}

type RepositoryRequest = Omit<SessionRequest, 'scopes'> & { readonly scopes?: readonly string[] };

function typeOf(reply: IncomingMessage): string {
  return (reply.headers['content-type'] ?? '').split(';', 1)[0]?.trim() ?? '';
}

async function bytesOf(reply: IncomingMessage, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of reply as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) throw new DataLoss(`the registry sent more than ${limit} bytes for a document`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
