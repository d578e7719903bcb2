import { digestOf, hexOf, Internal, NotFound, writeTar } from '#base';
import type { Digest, TarEntry } from '#base';
import { familiarReference, familiarRepository, fitsOne, formatPlatform, formatReference, mediaTypes, parseImageDocument, parseReference } from '#spec';
import type { Descriptor, ImageRef, Manifest, Platform } from '#spec';
import type { ImagesContext } from '../context.ts';
import { find } from '../find.ts';
import type { Image } from '../port.ts';
import { makeManifest } from '../push/manifest.ts';
import type { LayerBlob } from '../records.ts';

interface Chosen {
  readonly image: Image;
  readonly refs: readonly ImageRef[];
}

interface Packed extends Chosen {
  readonly descriptor: Descriptor;
  /** Undefined when the manifest's bytes are in the content store. */
  readonly manifestBytes: Buffer | undefined;
  readonly layers: readonly Descriptor[];
}

/**
 * An archive of images as an OCI layout that Docker of any version loads too:
 *
 *   blobs/sha256/…  every document and layer, as they came: a manifest keeps its digest
 *   index.json      one entry for each reference (the OCI image-layout)
 *   manifest.json   [{ Config, RepoTags, Layers }] (Docker since 1.10)
 *   oci-layout, repositories
 *
 * Names are looked up before the first byte: NotFound (`No such image: x`) comes early. A repository without a tag
 * means all its tags. What an image is made of bears the time of its making, so that the same images give the same bytes.
 */
export async function* save(context: ImagesContext, names: readonly string[], platforms: readonly Platform[] = []): AsyncGenerator<Uint8Array> {
  const packed: Packed[] = [];
  for (const chosen of choose(context, names)) {
    if (!fitsOne(platforms, chosen.image.config)) throw new Internal(`no suitable export target found for platform ${platforms.map(formatPlatform).join(', ')}`);
    packed.push(await pack(context, chosen));
  }
  using _lease = context.content.lease(packed.flatMap((each) => [each.image.id, each.descriptor.digest, ...each.layers.map((layer) => layer.digest)]));
  yield* writeTar(entries(context, packed));
}

function choose(context: ImagesContext, names: readonly string[]): Chosen[] {
  const chosen = new Map<Digest, { image: Image; refs: ImageRef[] }>();
  for (const name of names) {
    const everyTag = bareRepository(context, name);
    const image = everyTag.length > 0 ? undefined : findForSave(context, name);
    for (const { id, ref } of image ? [{ id: image.id, ref: tagNamed(image, name) }] : everyTag) {
      const entry = chosen.get(id) ?? { image: find(context, id), refs: [] };
      chosen.set(id, entry);
      if (ref && !entry.refs.some((each) => formatReference(each) === formatReference(ref))) entry.refs.push(ref);
    }
  }
  return [...chosen.values()];
}

/** Every tag of the repository when the name has neither tag nor digest. */
function bareRepository(context: ImagesContext, name: string): { id: Digest; ref: ImageRef | undefined }[] {
  if (/^(?:sha256:)?[a-f0-9]{64}$/.test(name)) return [];
  const ref = parseReference(name);
  return ref.tag === undefined && ref.digest === undefined ? context.records.tagsOf(ref) : [];
}

function findForSave(context: ImagesContext, name: string): Image {
  try {
    return find(context, name);
  } catch (error) {
    // Docker names the image as it was typed here, without the default tag.
    throw error instanceof NotFound ? new NotFound(`No such image: ${name}`, { cause: error }) : error;
  }
}

/** The tag by which an image was asked for; none when it was by id or digest. */
function tagNamed(image: Image, name: string): ImageRef | undefined {
  return image.tags.find((tag) => familiarReference(tag) === name || formatReference(tag) === name);
}

async function pack(context: ImagesContext, chosen: Chosen): Promise<Packed> {
  const original = await originalManifest(context, chosen.image);
  if (original && chosen.image.manifest) return { ...chosen, descriptor: chosen.image.manifest, manifestBytes: undefined, layers: original.layers };
  const blobs: LayerBlob[] = [];
  for (const diffId of chosen.image.config.rootfs.diff_ids) blobs.push(await storedBlob(context, diffId));
  const size = context.records.configBytes(chosen.image.id)?.length ?? 0;
  const { bytes, mediaType } = makeManifest({ digest: chosen.image.id, size }, blobs, true);
  const digest = digestOf(bytes);
  const document = parseImageDocument(bytes, mediaType);
  const layers = document.kind === 'manifest' ? document.manifest.layers : [];
  return { ...chosen, descriptor: { mediaType, digest, size: bytes.length }, manifestBytes: bytes, layers };
}

async function originalManifest(context: ImagesContext, image: Image): Promise<Manifest | undefined> {
  if (!image.manifest || !(await context.content.info(image.manifest.digest))) return undefined;
  const document = parseImageDocument(await context.content.bytes(image.manifest.digest), image.manifest.mediaType);
  if (document.kind !== 'manifest') return undefined;
  for (const layer of document.manifest.layers) if (!(await context.content.info(layer.digest))) return undefined;
  return document.manifest;
}

/** The uncompressed blob where there is one, as Docker's own archives have it. */
async function storedBlob(context: ImagesContext, diffId: Digest): Promise<LayerBlob> {
  const blobs = context.records.blobsOf(diffId).toSorted((a, b) => Number(b.digest === diffId) - Number(a.digest === diffId));
  for (const blob of blobs) if (await context.content.info(blob.digest)) return blob;
  throw new NotFound(`layer ${diffId} is not stored`);
}

async function* entries(context: ImagesContext, packed: readonly Packed[]): AsyncGenerator<TarEntry> {
  yield directory('blobs/');
  yield directory('blobs/sha256/');
  const written = new Set<Digest>();
  for (const each of packed) {
    const made = { mtime: Math.floor(each.image.created / 1000) };
    yield* blobEntry(written, each.descriptor.digest, each.manifestBytes ?? (await context.content.bytes(each.descriptor.digest)), {});
    yield* blobEntry(written, each.image.id, context.records.configBytes(each.image.id) ?? new Uint8Array(), made);
    for (const layer of each.layers) yield* blobEntry(written, layer.digest, await context.content.read(layer.digest), { ...made, size: layer.size });
  }
  yield document('index.json', indexOf(packed));
  yield document('manifest.json', packed.map((each) => legacyEntry(each, packed)));
  yield document('oci-layout', { imageLayoutVersion: '1.0.0' });
  yield document('repositories', repositoriesOf(packed));
}

function* blobEntry(written: Set<Digest>, digest: Digest, body: Uint8Array | AsyncIterable<Uint8Array>, fields: { mtime?: number; size?: number }): Generator<TarEntry> {
  if (written.has(digest)) return;
  written.add(digest);
  yield { member: { name: blobPath(digest), type: 'file', mode: 0o644, ...fields }, body };
}

function indexOf(packed: readonly Packed[]): object {
  const manifests = packed.flatMap(({ descriptor, refs }): object[] => {
    const named = refs.map((ref) => ({ ...descriptor, annotations: { 'io.containerd.image.name': formatReference(ref), 'org.opencontainers.image.ref.name': ref.tag } }));
    return named.length > 0 ? named : [descriptor];
  });
  return { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests };
}

/** A parent is named when it is in the archive too. */
function legacyEntry({ image, refs, layers }: Packed, all: readonly Packed[]): object {
  const sources = image.config.rootfs.diff_ids.map((diffId, position) => [diffId, layers[position]]);
  return {
    Config: blobPath(image.id),
    RepoTags: refs.length > 0 ? refs.map(familiarReference) : null,
    Layers: layers.map((layer) => blobPath(layer.digest)),
    ...(all.some((each) => each.image.id === image.parent) ? { Parent: image.parent } : {}),
    LayerSources: Object.fromEntries(sources) as Record<string, Descriptor>,
  };
}

/** Repository and tag to the topmost layer, for readers from before manifest.json. */
function repositoriesOf(packed: readonly Packed[]): object {
  const repositories: Record<string, Record<string, string>> = {};
  for (const { refs, layers } of packed) {
    const top = layers.at(-1);
    for (const ref of top ? refs : []) (repositories[familiarRepository(ref)] ??= {})[ref.tag ?? ''] = hexOf((top as Descriptor).digest);
  }
  return repositories;
}

function directory(name: string): TarEntry {
  return { member: { name, type: 'directory', mode: 0o755 } };
}

function document(name: string, value: unknown): TarEntry {
  return { member: { name, type: 'file', mode: 0o644 }, body: `${JSON.stringify(value)}\n` };
}

function blobPath(digest: Digest): string {
  return `blobs/${digest.replace(':', '/')}`;
}
