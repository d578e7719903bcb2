import { pipeline } from 'node:stream/promises';
import { isDigest } from '#base';
import type { Digest } from '#base';
import { RegistryError } from '../errors.ts';
import type { Exchange } from '../port.ts';

/** GET and HEAD /v2/NAME/blobs/DIGEST (end-2), with one byte range (RFC 9110, 14.2). */
export async function getBlob(exchange: Exchange): Promise<void> {
  const { response, request, registry } = exchange;
  const digest = linkedDigest(exchange);
  const info = await registry.content.info(digest);
  if (!info) throw new RegistryError('BLOB_UNKNOWN', digest);
  const headers: Record<string, string | number> = {
    'Accept-Ranges': 'bytes',
    'Cache-Control': 'max-age=31536000',
    'Content-Type': 'application/octet-stream',
    'Docker-Content-Digest': digest,
    ETag: `"${digest}"`,
  };
  if (request.headers['if-none-match'] === headers.ETag) {
    response.writeHead(304, headers).end();
    return;
  }
  const range = byteRange(request.headers.range, info.size);
  const length = range ? range.end - range.start + 1 : info.size;
  if (range) headers['Content-Range'] = `bytes ${range.start}-${range.end}/${info.size}`;
  response.writeHead(range ? 206 : 200, { ...headers, 'Content-Length': length });
  if (request.method === 'HEAD' || length === 0) {
    response.end();
    return;
  }
  await pipeline(await registry.content.read(digest, range?.start ?? 0, length), response);
}

/** DELETE /v2/NAME/blobs/DIGEST (end-10): the repository forgets the blob; the bytes go with garbage collection. */
export async function deleteBlob(exchange: Exchange): Promise<void> {
  const digest = linkedDigest(exchange);
  exchange.registry.index.unlinkBlob(exchange.name, digest);
  exchange.response.writeHead(202, { 'Content-Length': 0, 'Docker-Content-Digest': digest }).end();
}

function linkedDigest(exchange: Exchange): Digest {
  const { target, name, registry } = exchange;
  if (!isDigest(target)) throw new RegistryError('DIGEST_INVALID', target, { message: 'invalid digest' });
  if (!registry.index.hasBlob(name, target)) throw new RegistryError('BLOB_UNKNOWN', target);
  return target;
}

/** One range of `bytes=`; undefined for none and for what RFC 9110 lets a server ignore; throws 416 beyond the end. */
function byteRange(header: string | undefined, size: number): { start: number; end: number } | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (!match || (match[1] === '' && match[2] === '')) return undefined;
  const start = match[1] === '' ? Math.max(0, size - Number(match[2])) : Number(match[1]);
  const end = match[1] === '' || match[2] === '' ? size - 1 : Math.min(Number(match[2]), size - 1);
  if (start > end) throw new RegistryError('RANGE_INVALID', header, { headers: { 'Content-Range': `bytes */${size}` } });
  return { start, end };
}
