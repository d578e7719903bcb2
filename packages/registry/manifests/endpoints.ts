import { isDigest } from '#base';
import { isIndexType, isTag, mediaTypes, parseImageDocument, platformFit } from '#spec';
import { RegistryError } from '../errors.ts';
import type { Exchange, ManifestRecord } from '../port.ts';

/** GET and HEAD /v2/NAME/manifests/REFERENCE (end-3). */
export async function getManifest(exchange: Exchange): Promise<void> {
  const { request, response, registry } = exchange;
  const record = await negotiated(exchange, requireManifest(exchange));
  const headers = {
    'Content-Type': record.mediaType,
    'Content-Length': record.size,
    'Docker-Content-Digest': record.digest,
    ETag: `"${record.digest}"`,
  };
  if (request.headers['if-none-match'] === headers.ETag) response.writeHead(304, headers).end();
  else if (request.method === 'HEAD') response.writeHead(200, headers).end();
  else response.writeHead(200, headers).end(await registry.content.bytes(record.digest));
}

/** DELETE (end-9): by tag the tag alone, by digest the manifest with its tags. */
export async function deleteManifest(exchange: Exchange): Promise<void> {
  requireReference(exchange);
  if (!exchange.registry.index.deleteManifest(exchange.name, exchange.target)) throw unknown(exchange);
  exchange.response.writeHead(202, { 'Content-Length': 0 }).end();
}

function requireManifest(exchange: Exchange): ManifestRecord {
  requireReference(exchange);
  const record = exchange.registry.index.manifest(exchange.name, exchange.target);
  if (!record) throw unknown(exchange);
  return record;
}

/** What can be neither a tag nor a digest names no manifest. */
function requireReference(exchange: Exchange): void {
  if (!isDigest(exchange.target) && !isTag(exchange.target)) throw new RegistryError('MANIFEST_UNKNOWN', exchange.target, { message: 'invalid tag or digest' });
}

function unknown(exchange: Exchange): RegistryError {
  const what = isDigest(exchange.target) ? 'unknown manifest' : 'unknown tag';
  return new RegistryError('MANIFEST_UNKNOWN', isDigest(exchange.target) ? what : { Tag: exchange.target });
}

/**
 * A client that takes manifests but no index, and asked by tag, gets the linux/amd64 manifest out of the index: old
 * clients rely on it. Otherwise a stored type that Accept leaves out is answered 404, as the protocol has it.
 */
async function negotiated(exchange: Exchange, record: ManifestRecord): Promise<ManifestRecord> {
  const accepts = acceptedTypes(exchange);
  if (accepts === undefined || accepts.has(record.mediaType)) return record;
  if (isIndexType(record.mediaType) && !isDigest(exchange.target)) {
    const chosen = await platformManifest(exchange, record);
    if (chosen && accepts.has(chosen.mediaType)) return chosen;
  }
  throw new RegistryError('MANIFEST_UNKNOWN', undefined, { message: `${record.mediaType} found, but accept header does not support it` });
}

/** The media types of Accept; undefined when it is missing or takes anything. */
function acceptedTypes(exchange: Exchange): Set<string> | undefined {
  const header = exchange.request.headers.accept;
  const types = (header ?? '').split(',').map((part) => part.split(';', 1)[0]?.trim() ?? '').filter(Boolean);
  const anything = types.length === 0 || types.some((type) => type === '*/*' || type === 'application/*');
  const namesManifests = types.some((type) => type.includes('manifest') || type.includes('index'));
  return anything || !namesManifests ? undefined : new Set(types);
}

async function platformManifest(exchange: Exchange, record: ManifestRecord): Promise<ManifestRecord | undefined> {
  const document = parseImageDocument(await exchange.registry.content.bytes(record.digest), record.mediaType);
  if (document.kind !== 'index') return undefined;
  const entry = document.index.manifests.find((each) => each.platform && platformFit({ os: 'linux', architecture: 'amd64' }, each.platform) > 0);
  return entry && exchange.registry.index.manifest(exchange.name, entry.digest);
}

/** GET /v2/NAME/referrers/DIGEST (end-12): what was pushed with this subject. */
export async function listReferrers(exchange: Exchange): Promise<void> {
  if (!isDigest(exchange.target)) throw new RegistryError('DIGEST_INVALID', exchange.target, { message: 'invalid digest' });
  const wanted = exchange.url.searchParams.get('artifactType');
  const found = exchange.registry.index.referrers(exchange.name, exchange.target);
  const manifests = found.filter((record) => wanted === null || record.artifactType === wanted).map((record) => ({
    mediaType: record.mediaType, digest: record.digest, size: record.size, artifactType: record.artifactType, annotations: record.annotations,
  }));
  const body = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests }));
  const filtered = wanted === null ? {} : { 'OCI-Filters-Applied': 'artifactType' };
  exchange.response.writeHead(200, { 'Content-Type': mediaTypes.ociIndex, 'Content-Length': body.length, ...filtered }).end(body);
}
