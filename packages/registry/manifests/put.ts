import { algorithmOf, digestOf, isDigest, isKind } from '#base';
import type { Digest } from '#base';
import { isTag, parseImageDocument } from '#spec';
import type { Descriptor, ImageDocument } from '#spec';
import { RegistryError } from '../errors.ts';
import type { Exchange, ManifestRecord } from '../port.ts';

/** The spec lets a registry stop at 4 MiB. */
const manifestLimit = 4 << 20;

/** PUT /v2/NAME/manifests/REFERENCE (end-7, 7b): stores a manifest whose parts are all here, and points tags at it. */
export async function putManifest(exchange: Exchange): Promise<void> {
  const { response, registry, name } = exchange;
  const tags = tagsOf(exchange);
  const bytes = await bodyOf(exchange);
  const digest = digestOf(bytes, isDigest(exchange.target) ? algorithmOf(exchange.target) : 'sha256');
  if (isDigest(exchange.target) && exchange.target !== digest) throw new RegistryError('DIGEST_INVALID', { provided: exchange.target, computed: digest });
  const record = recordOf(parse(exchange, bytes), digest, bytes.length);
  requireParts(exchange, record);
  using _lease = registry.content.lease([digest]);
  await registry.content.put(bytes, { algorithm: algorithmOf(digest) });
  registry.index.putManifest(name, record.record, tags);
  const headers: Record<string, string | number> = { Location: `/v2/${name}/manifests/${digest}`, 'Docker-Content-Digest': digest, 'Content-Length': 0 };
  if (record.record.subject) headers['OCI-Subject'] = record.record.subject;
  if (isDigest(exchange.target) && tags.length > 0) headers['OCI-Tag'] = tags.join(', ');
  response.writeHead(201, headers).end();
}

/** The tag in the path, or with a digest there the `tag=` parameters. */
function tagsOf(exchange: Exchange): string[] {
  const tags = isDigest(exchange.target) ? exchange.url.searchParams.getAll('tag') : [exchange.target];
  for (const tag of tags) {
    // A colon is in digests alone.
    if (!isTag(tag)) throw tag.includes(':') ? new RegistryError('DIGEST_INVALID', tag, { message: 'invalid digest' }) : new RegistryError('MANIFEST_INVALID', tag, { message: 'invalid tag' });
  }
  return tags;
}

async function bodyOf(exchange: Exchange): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of exchange.request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > manifestLimit) throw new RegistryError('MANIFEST_INVALID', `more than ${manifestLimit} bytes`, { status: 413 });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function parse(exchange: Exchange, bytes: Buffer): ImageDocument {
  try {
    return parseImageDocument(bytes, exchange.request.headers['content-type']?.split(';', 1)[0]?.trim());
  } catch (error) {
    if (isKind(error, 'InvalidArgument')) throw new RegistryError('MANIFEST_INVALID', error.message);
    throw error;
  }
}

function recordOf(document: ImageDocument, digest: Digest, size: number): { record: ManifestRecord; blobs: Descriptor[]; children: Descriptor[] } {
  const isIndex = document.kind === 'index';
  const blobs = isIndex ? [] : [document.manifest.config, ...document.manifest.layers];
  const children = isIndex ? document.index.manifests : [];
  const own = isIndex ? document.index : document.manifest;
  const extra = own as { artifactType?: string; subject?: Descriptor; annotations?: Record<string, string> };
  const record = {
    digest,
    mediaType: document.mediaType,
    size,
    subject: extra.subject?.digest,
    artifactType: extra.artifactType ?? (isIndex ? undefined : document.manifest.config.mediaType),
    annotations: extra.annotations,
    references: [...blobs, ...children].map((part) => part.digest),
  };
  return { record, blobs, children };
}

/** Every part must be here, except blobs that say where else they are (`urls`) and a subject, which may come later. */
function requireParts(exchange: Exchange, parts: { blobs: Descriptor[]; children: Descriptor[] }): void {
  const { index } = exchange.registry;
  const blobs = parts.blobs.filter((blob) => !blob.urls?.length && !index.hasBlob(exchange.name, blob.digest));
  const children = parts.children.filter((child) => !index.manifest(exchange.name, child.digest));
  const missing = [...blobs, ...children].map((part) => part.digest);
  if (missing.length > 0) throw new RegistryError('MANIFEST_BLOB_UNKNOWN', { digest: missing[0] });
}
