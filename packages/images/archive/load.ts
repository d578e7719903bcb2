import { isDeepStrictEqual } from 'node:util';
import { DataLoss, InvalidArgument, isKind, messageOf, quote } from '#base';
import type { Digest } from '#base';
import { decodeAs, familiarReference, fitsOne, hostPlatform, isIndexType, mediaTypes, object, parseImageConfig, parseImageDocument, parseReference, platformFit } from '#spec';
import type { Descriptor, ImageConfig, ImageRef, Manifest, Platform } from '#spec';
import type { BlobInfo } from '#content';
import type { ImagesContext } from '../context.ts';
import { compressionOf } from '../compression.ts';
import { imageById } from '../find.ts';
import type { Image, Report } from '../port.ts';
import { layerReporter } from '../pull/layer-progress.ts';
import { holdLayers } from '../remove.ts';
import { isUnpacked, layersOf, unpackLayer } from '../unpack.ts';
import { legacyImages } from './legacy.ts';
import { readArchive, type ArchiveContent } from './read.ts';

/** One image found in an archive, whichever way the archive describes it. */
interface Found {
  readonly config: BlobInfo;
  readonly layers: readonly BlobInfo[];
  readonly refs: readonly ImageRef[];
  /** The manifest that names exactly these blobs, where the archive has it. */
  readonly manifest: Descriptor | undefined;
  /** Another image of the archive, from which this one was built. */
  readonly parent?: Digest | undefined;
}

/**
 * Reads images out of an archive: an OCI layout, `docker save` of any version, or both in one. Throws
 * DataLoss for a damaged archive, InvalidArgument for one that describes no image; images before the damage stay.
 */
export async function load(context: ImagesContext, tar: AsyncIterable<Uint8Array>, report: Report, platforms: readonly Platform[] = []): Promise<Image[]> {
  using archive = await readArchive(context.content, tar);
  const images: Image[] = [];
  for (const found of await imagesIn(context, archive)) {
    const bytes = await context.content.bytes(found.config.digest);
    const config = loadableConfig(bytes);
    if (fitsOne(platforms, config)) images.push(await loadImage(context, found, { bytes, config }, report));
  }
  return images;
}

/** Throws InvalidArgument for what dockerd would not take as an image of this machine's. */
function loadableConfig(bytes: Uint8Array): ImageConfig {
  const config = parseImageConfig(bytes);
  if (!(JSON.parse(Buffer.from(bytes).toString()) as { rootfs?: unknown }).rootfs) throw new InvalidArgument('invalid image JSON, no RootFS key');
  if (config.os !== 'linux') throw new InvalidArgument(`cannot load ${config.os} image on linux`);
  return config;
}

async function imagesIn(context: ImagesContext, archive: ArchiveContent): Promise<Found[]> {
  if (archive.documents.has('manifest.json')) return dockerImages(archive, await manifestsBeside(context, archive));
  if (!archive.documents.has('index.json')) return (await legacyImages(context, archive)).map((image) => ({ ...image, manifest: undefined }));
  const manifests = await manifestsIn(context, archive);
  const found = new Map<Digest, Found & { refs: ImageRef[] }>();
  for (const { descriptor, manifest } of manifests) {
    const layers = manifest.layers.map((layer) => blobOf(archive, layer));
    const entry = found.get(manifest.config.digest) ?? { config: blobOf(archive, manifest.config), layers, refs: [], manifest: descriptor };
    found.set(manifest.config.digest, entry);
    entry.refs.push(...referencesIn(descriptor));
  }
  return [...found.values()];
}

interface NamedManifest {
  readonly descriptor: Descriptor;
  readonly manifest: Manifest;
}

/** The manifests that index.json names, through indexes to this host's platform. */
async function manifestsIn(context: ImagesContext, archive: ArchiveContent): Promise<NamedManifest[]> {
  const top = parseImageDocument(Buffer.from(JSON.stringify(archive.documents.get('index.json'))), mediaTypes.ociIndex);
  const found: NamedManifest[] = [];
  for (const descriptor of top.kind === 'index' ? top.index.manifests : []) {
    const chosen = isIndexType(descriptor.mediaType) ? await entryForHost(context, archive, descriptor) : descriptor;
    const document = chosen && parseImageDocument(await context.content.bytes(blobOf(archive, chosen).digest), chosen.mediaType);
    if (chosen && document?.kind === 'manifest') found.push({ descriptor: { ...chosen, annotations: descriptor.annotations }, manifest: document.manifest });
  }
  return found;
}

/** Those of an index.json beside the manifest.json, which describes the images: whatever is wrong with it, they are loaded without. */
async function manifestsBeside(context: ImagesContext, archive: ArchiveContent): Promise<NamedManifest[]> {
  if (!archive.documents.has('index.json')) return [];
  try {
    return await manifestsIn(context, archive);
  } catch (error) {
    if (!isKind(error, 'InvalidArgument')) throw error;
    return [];
  }
}

async function entryForHost(context: ImagesContext, archive: ArchiveContent, descriptor: Descriptor): Promise<Descriptor | undefined> {
  const document = parseImageDocument(await context.content.bytes(blobOf(archive, descriptor).digest), descriptor.mediaType);
  const entries = document.kind === 'index' ? document.index.manifests : [];
  return entries.find((entry) => entry.platform && platformFit(hostPlatform(), entry.platform) > 0);
}

/** containerd's annotation, or the OCI one where it holds a whole name and not only a tag. */
function referencesIn(descriptor: Descriptor): ImageRef[] {
  const { 'io.containerd.image.name': full, 'org.opencontainers.image.ref.name': short } = descriptor.annotations ?? {};
  const name = full ?? (short?.includes(':') ? short : undefined);
  return name === undefined ? [] : [parseReference(name)];
}

interface LegacyEntry {
  readonly Config?: string;
  readonly RepoTags?: readonly string[];
  readonly Layers?: readonly string[];
  readonly Parent?: string;
}

const legacyEntry = object<LegacyEntry>('tarexport.manifestItem', { Config: 'string', RepoTags: { list: 'string' }, Layers: { list: 'string' }, Parent: 'string' });

function dockerImages(archive: ArchiveContent, manifests: readonly NamedManifest[]): Found[] {
  const listed = archive.documents.get('manifest.json');
  const entries = manifestEntries(listed);
  const inside = new Set(entries.map((entry) => archive.blob(entry.Config ?? '').digest));
  return entries.map((entry): Found => {
    const parent = [...inside].find((id) => id === entry.Parent);
    const config = archive.blob(entry.Config ?? '');
    const layers = (entry.Layers ?? []).map((path) => archive.blob(path));
    const refs = (entry.RepoTags ?? []).map(taggedReference);
    return { config, layers, refs, manifest: manifests.find(({ manifest }) => names(manifest, config, layers))?.descriptor, parent };
  });
}

function manifestEntries(listed: unknown): LegacyEntry[] {
  if (listed === null) throw new InvalidArgument('invalid manifest, manifest cannot be null (but can be [])');
  try {
    return decodeAs({ list: legacyEntry }, listed, 'manifest') as LegacyEntry[];
  } catch (error) {
    // The decoder speaks of a request's body.
    throw new InvalidArgument(messageOf(error).replace(/^invalid JSON: /, ''), { cause: error });
  }
}

function names(manifest: Manifest, config: BlobInfo, layers: readonly BlobInfo[]): boolean {
  return manifest.config.digest === config.digest && manifest.layers.length === layers.length && manifest.layers.every((layer, at) => layer.digest === layers[at]?.digest);
}

async function loadImage(context: ImagesContext, found: Found, { bytes, config }: { bytes: Uint8Array; config: ImageConfig }, report: Report): Promise<Image> {
  const layers = layersOf(config.rootfs.diff_ids);
  if (layers.length !== found.layers.length) throw new DataLoss(`invalid manifest, layers length mismatch: expected ${found.layers.length}, got ${layers.length}`);
  await using _layers = holdLayers(context, layers.map((layer) => layer.chainId));
  for (const [position, layer] of layers.entries()) {
    const blob = found.layers[position] as BlobInfo;
    if (isUnpacked(context, layer)) continue;
    const tell = layerReporter({ digest: layer.diffId }, report);
    tell.progress('Loading layer', 0, blob.size);
    await unpackLayer(context, layer, { blob: blob.digest }, {
      onProgress: (current) => tell.progress('Loading layer', current, blob.size),
      mismatch: (found) => `invalid diffID for layer ${position}: expected ${quote(layer.diffId)}, got ${quote(found)}`,
    });
  }
  if (found.parent) requireParent(found, config, parseImageConfig(await context.content.bytes(found.parent)));
  await record(context, found, bytes, config);
  for (const ref of found.refs) tag(context, ref, found.config.digest, report);
  if (found.refs.length === 0) report({ kind: 'message', text: `Loaded image ID: ${found.config.digest}` });
  return imageById(context, found.config.digest);
}

/** A parent is what the image was one step before: nothing else, and no circle of them, gets into the records. */
function requireParent({ config: { digest }, parent }: Found, { history: own }: ImageConfig, { history: before }: ImageConfig): void {
  const steps = before?.length ?? 0;
  if (own?.length === steps + 1 && isDeepStrictEqual(own.slice(0, steps), before ?? [])) return;
  throw new InvalidArgument(`image ${parent} is not a valid parent for ${digest}`);
}

async function record(context: ImagesContext, found: Found, bytes: Uint8Array, config: ImageConfig): Promise<void> {
  const types = await Promise.all(found.layers.map((blob) => layerTypeOf(context, blob)));
  const descriptor = found.manifest && { mediaType: found.manifest.mediaType, digest: found.manifest.digest, size: found.manifest.size };
  context.records.transaction(() => {
    context.records.put(found.config.digest, bytes, { ...(descriptor ? { manifest: descriptor } : {}), ...(found.parent ? { parent: found.parent } : {}) });
    if (descriptor) context.records.putManifest(descriptor.digest, found.config.digest);
    for (const [position, blob] of found.layers.entries()) {
      context.records.putBlob(config.rootfs.diff_ids[position] as Digest, { ...blob, mediaType: types[position] ?? mediaTypes.ociLayer });
    }
  });
}

const layerTypes: Readonly<Record<string, string>> = { gzip: mediaTypes.ociLayerGzip, zstd: mediaTypes.ociLayerZstd };

async function layerTypeOf(context: ImagesContext, blob: BlobInfo): Promise<string> {
  return layerTypes[await compressionOf(await context.content.path(blob.digest))] ?? mediaTypes.ociLayer;
}

function tag(context: ImagesContext, ref: ImageRef, id: Digest, report: Report): void {
  const before = context.records.byTag(ref);
  if (before !== undefined && before !== id) report({ kind: 'message', text: `The image ${familiarReference(ref)} already exists, renaming the old one with ID ${before} to empty string` });
  context.records.putTag(ref, id, { byHand: false });
  report({ kind: 'message', text: `Loaded image: ${familiarReference(ref)}` });
}

function blobOf(archive: ArchiveContent, descriptor: Descriptor): BlobInfo {
  return archive.blob(`blobs/${descriptor.digest.replace(':', '/')}`);
}

function taggedReference(text: string): ImageRef {
  const ref = parseReference(text);
  if (ref.tag === undefined) throw new InvalidArgument(`invalid tag ${quote(text)}`);
  return ref;
}
