import { isDigest } from '#base';
import type { Digest } from '#base';
import { RegistryError } from '../errors.ts';
import type { Exchange } from '../port.ts';

/** POST /v2/NAME/blobs/uploads/ (end-4a, 4b, 11): begins an upload, or mounts a blob, or takes it whole at once. */
export async function startUpload(exchange: Exchange): Promise<void> {
  const query = exchange.url.searchParams;
  if (query.has('mount') && (await mount(exchange, query))) return;
  const digest = query.get('digest');
  const expected = digest === null ? undefined : digestIn(digest);
  const id = await exchange.registry.uploads.start(exchange.name);
  if (expected === undefined) {
    sendProgress(exchange, 202, id, 0);
    return;
  }
  await exchange.registry.uploads.append(exchange.name, id, exchange.request, undefined);
  await finish(exchange, id, expected);
}

/** PATCH (end-5): one chunk, or the whole blob as a stream. */
export async function appendUpload(exchange: Exchange): Promise<void> {
  const range = contentRange(exchange);
  const offset = await exchange.registry.uploads.append(exchange.name, exchange.target, counted(exchange, range), range?.start);
  sendProgress(exchange, 202, exchange.target, offset);
}

/** PUT (end-6): the last chunk, if any, and the digest that all of it must have. */
export async function finishUpload(exchange: Exchange): Promise<void> {
  const digest = digestIn(exchange.url.searchParams.get('digest') ?? '');
  const range = contentRange(exchange);
  await exchange.registry.uploads.append(exchange.name, exchange.target, counted(exchange, range), range?.start);
  await finish(exchange, exchange.target, digest);
}

/** GET (end-13): how much has arrived. */
export async function uploadStatus(exchange: Exchange): Promise<void> {
  sendProgress(exchange, 204, exchange.target, await exchange.registry.uploads.offset(exchange.name, exchange.target));
}

/** DELETE (end-14): forgets the upload. */
export async function cancelUpload(exchange: Exchange): Promise<void> {
  await exchange.registry.uploads.cancel(exchange.name, exchange.target);
  exchange.response.writeHead(204).end();
}

/** Links a blob of another repository here, when it is there and the client may read it there. */
async function mount(exchange: Exchange, query: URLSearchParams): Promise<boolean> {
  const { index, permits } = { index: exchange.registry.index, permits: exchange.registry.permits };
  const digest = digestIn(query.get('mount') ?? '');
  const from = query.get('from');
  if (from === null || !index.hasBlob(from, digest)) return false;
  if (!(await permits(exchange.request, { type: 'repository', name: from, action: 'pull' }))) return false;
  index.linkBlob(exchange.name, digest);
  sendCreated(exchange, digest);
  return true;
}

async function finish(exchange: Exchange, id: string, digest: Digest): Promise<void> {
  await exchange.registry.uploads.finish(exchange.name, id, digest);
  sendCreated(exchange, digest);
}

function sendCreated(exchange: Exchange, digest: Digest): void {
  exchange.response.writeHead(201, { Location: `/v2/${exchange.name}/blobs/${digest}`, 'Docker-Content-Digest': digest, 'Content-Length': 0 }).end();
}

function sendProgress(exchange: Exchange, status: number, id: string, offset: number): void {
  const headers: Record<string, string | number> = {
    Location: `/v2/${exchange.name}/blobs/uploads/${id}`,
    Range: `0-${Math.max(0, offset - 1)}`,
    'Docker-Upload-UUID': id,
  };
  if (status !== 204) headers['Content-Length'] = 0;
  exchange.response.writeHead(status, headers).end();
}

function digestIn(text: string): Digest {
  if (!isDigest(text)) throw new RegistryError('DIGEST_INVALID', text, { message: 'invalid digest' });
  return text;
}

/** `Content-Range: <start>-<end>`, both included (with or without a leading `bytes `). */
function contentRange(exchange: Exchange): { start: number; length: number } | undefined {
  const header = exchange.request.headers['content-range'];
  if (header === undefined) return undefined;
  const match = /^(?:bytes[ =])?(\d+)-(\d+)(?:\/(?:\d+|\*))?$/.exec(header);
  const [start, end] = [Number(match?.[1]), Number(match?.[2])];
  if (!match || end < start) throw new RegistryError('RANGE_INVALID', header);
  return { start, length: end - start + 1 };
}

/** The request's body; throws when it is not as long as its Content-Range said. */
async function* counted(exchange: Exchange, range: { length: number } | undefined): AsyncIterable<Uint8Array> {
  let received = 0;
  for await (const chunk of exchange.request as AsyncIterable<Uint8Array>) {
    received += chunk.length;
    yield chunk;
  }
  if (range && received !== range.length) throw new RegistryError('SIZE_INVALID', `received ${received} bytes of ${range.length}`);
}
