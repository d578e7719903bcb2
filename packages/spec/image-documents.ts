/**
 * The parsers of what a registry, an archive or a content store hands over as manifest, index or image configuration.
 * Everything behind them may trust the types of `oci-image.ts`. They throw InvalidArgument, naming the field.
 */
import { InvalidArgument, isDigest } from '#base';
import type { Descriptor, ImageConfig, Index, Manifest } from './oci-image.ts';
import { mediaTypes } from './oci-image.ts';

/** A manifest or an index, told apart. `mediaType` is what to serve it as. */
export type ImageDocument =
  | { readonly kind: 'manifest'; readonly mediaType: string; readonly manifest: Manifest }
  | { readonly kind: 'index'; readonly mediaType: string; readonly index: Index };

type Fields = Readonly<Record<string, unknown>>;

const indexTypes: readonly string[] = [mediaTypes.ociIndex, mediaTypes.dockerList];
const manifestTypes: readonly string[] = [mediaTypes.ociManifest, mediaTypes.dockerManifest];
const schema1Types = /^application\/vnd\.docker\.distribution\.manifest\.v1\+/;

/** True for the media types that name a manifest or an index that Naru understands. */
function isDocumentType(mediaType: string): boolean {
  return indexTypes.includes(mediaType) || manifestTypes.includes(mediaType);
}

/** True for an index or Docker's manifest list. */
export function isIndexType(mediaType: string): boolean {
  return indexTypes.includes(mediaType);
}

/** True for Docker's manifest v2 schema 1, which is refused. */
export function isSchema1Type(mediaType: string): boolean {
  return schema1Types.test(mediaType);
}

/**
 * Parses a manifest or index (image-spec manifest.md, image-index.md, and Docker's v2.2 twins). `declared` is the media
 * type its carrier gave it; a document that says otherwise, or is both kinds at once, is refused (CVE-2021-41190).
 */
export function parseImageDocument(bytes: Uint8Array, declared?: string): ImageDocument {
  const fields = parseObject(bytes, 'manifest');
  if (fields.schemaVersion !== 2) throw new InvalidArgument(`manifest: unsupported schemaVersion ${JSON.stringify(fields.schemaVersion)}`);
  const own = optionalText(fields.mediaType, 'mediaType');
  const known = declared !== undefined && isDocumentType(declared) ? declared : undefined;
  if (own !== undefined && known !== undefined && own !== known) {
    throw new InvalidArgument(`manifest: mediaType in manifest should be '${known}' not '${own}'`);
  }
  const list = 'manifests' in fields;
  if (list && ('layers' in fields || 'config' in fields)) throw new InvalidArgument('manifest: both an index and an image manifest');
  const mediaType = known ?? own ?? (list ? mediaTypes.ociIndex : mediaTypes.ociManifest);
  if (!isDocumentType(mediaType)) throw new InvalidArgument(`manifest: unsupported mediaType '${mediaType}'`);
  if (isIndexType(mediaType) !== list) throw new InvalidArgument(`manifest: content does not match mediaType '${mediaType}'`);
  if (list) {
    checkDescriptors(fields.manifests, 'manifests');
    return { kind: 'index', mediaType, index: fields as unknown as Index };
  }
  checkDescriptor(fields.config, 'config');
  checkDescriptors(fields.layers, 'layers');
  if (fields.subject !== undefined) checkDescriptor(fields.subject, 'subject');
  return { kind: 'manifest', mediaType, manifest: fields as unknown as Manifest };
}

/** Parses an image configuration (image-spec config.md). */
export function parseImageConfig(bytes: Uint8Array): ImageConfig {
  const fields = parseObject(bytes, 'image config');
  const rootfs = object(fields.rootfs ?? { type: 'layers', diff_ids: [] }, 'image config: rootfs');
  if (rootfs.type !== 'layers') throw new InvalidArgument('image config: rootfs.type must be "layers"');
  const diffIds = array(rootfs.diff_ids ?? [], 'image config: rootfs.diff_ids');
  if (!diffIds.every((id) => typeof id === 'string' && isDigest(id))) throw new InvalidArgument('image config: invalid digest in rootfs.diff_ids');
  if (fields.history !== undefined && fields.history !== null) array(fields.history, 'image config: history').forEach((entry) => object(entry, 'image config: history'));
  if (fields.config !== undefined && fields.config !== null) object(fields.config, 'image config: config');
  const { history, config, ...rest } = fields;
  return {
    ...rest,
    ...(history ? { history } : {}),
    ...(config ? { config } : {}),
    architecture: optionalText(fields.architecture, 'image config: architecture') ?? '',
    os: optionalText(fields.os, 'image config: os') || 'linux',
    rootfs: { type: 'layers', diff_ids: diffIds },
  } as unknown as ImageConfig;
}

/** Parses JSON that must be an object; `what` names it in the error. */
function parseObject(bytes: Uint8Array, what: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new InvalidArgument(`${what}: invalid JSON`, { cause });
  }
  return object(value, what);
}

function checkDescriptors(value: unknown, where: string): asserts value is Descriptor[] {
  array(value, where).forEach((entry, position) => checkDescriptor(entry, `${where}[${position}]`));
}

/** descriptor.md: the three fields that every descriptor has, and `urls`, which Naru would follow. */
function checkDescriptor(value: unknown, where: string): asserts value is Descriptor {
  const fields = object(value, where);
  if (typeof fields.mediaType !== 'string') throw new InvalidArgument(`${where}: missing mediaType`);
  if (typeof fields.digest !== 'string' || !isDigest(fields.digest)) throw new InvalidArgument(`${where}: invalid digest ${JSON.stringify(fields.digest)}`);
  if (!Number.isSafeInteger(fields.size) || Number(fields.size) < 0) throw new InvalidArgument(`${where}: invalid size ${JSON.stringify(fields.size)}`);
  if (fields.urls !== undefined && !array(fields.urls, where).every((url) => typeof url === 'string')) throw new InvalidArgument(`${where}: invalid urls`);
  if (fields.platform !== undefined && fields.platform !== null) {
    const platform = object(fields.platform, `${where}.platform`);
    if (typeof platform.os !== 'string' || typeof platform.architecture !== 'string') throw new InvalidArgument(`${where}.platform: os and architecture are required`);
  }
}

function object(value: unknown, where: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new InvalidArgument(`${where}: not an object`);
  return value as Fields;
}

function array(value: unknown, where: string): unknown[] {
  if (!Array.isArray(value)) throw new InvalidArgument(`${where}: not a list`);
  return value;
}

function optionalText(value: unknown, where: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw new InvalidArgument(`${where}: not a string`);
  return value;
}
