/**
 * Archives of `docker save` from before 1.10, which have no manifest.json:
 *
 *   repositories            {"busybox": {"latest": "<id>"}}
 *   <id>/json               the image's configuration, and its parent's id
 *   <id>/layer.tar          what it adds to the parent's files
 */
import { createHash } from 'node:crypto';
import { Conflict, DataLoss, InvalidArgument, jsonProblem, type Digest } from '#base';
import { decodeAs, parseReference, withTag, type HistoryEntry, type ImageConfig, type ImageRef } from '#spec';
import type { BlobInfo } from '#content';
import type { ImagesContext } from '../context.ts';
import { decompressed } from './decompress.ts';
import type { ArchiveContent } from './read.ts';

export interface LegacyImage {
  readonly config: BlobInfo;
  readonly layers: readonly BlobInfo[];
  readonly refs: readonly ImageRef[];
}

/** The images that `repositories` names. Throws InvalidArgument or DataLoss for what dockerd would not take either. */
export async function legacyImages(context: ImagesContext, archive: ArchiveContent): Promise<LegacyImage[]> {
  const repositories = archive.documents.get('repositories');
  if (repositories === undefined) throw new InvalidArgument('open repositories: no such file or directory');
  const names = decodeAs({ map: { map: 'string' } }, repositories, 'map[string]map[string]string') as Record<string, Record<string, string>>;
  const refs = new Map<string, ImageRef[]>();
  for (const [name, tags] of Object.entries(names)) {
    for (const [tag, id] of Object.entries(tags)) refs.set(id, [...(refs.get(id) ?? []), withTag(parseReference(name), tag)]);
  }
  const images: LegacyImage[] = [];
  for (const [id, named] of refs) images.push({ ...(await legacyImage(context, archive, id)), refs: named });
  return images;
}

interface Generation {
  readonly document: Readonly<Record<string, unknown>>;
  readonly layer: BlobInfo;
}

async function legacyImage(context: ImagesContext, archive: ArchiveContent, id: string): Promise<Omit<LegacyImage, 'refs'>> {
  const line = await lineage(context, archive, id);
  const diffIds: Digest[] = [];
  for (const { layer } of line) diffIds.push(await diffIdOf(context, layer));
  const { id: _id, parent: _parent, parent_id: _parentId, layer_id: _layerId, Size: _size, throwaway: _throwaway, ...own } = line.at(-1)?.document ?? {};
  const config = { ...own, rootfs: { type: 'layers', diff_ids: diffIds }, history: line.map(historyOf) } as unknown as ImageConfig;
  const blob = await context.content.put(JSON.stringify(config), { durable: false });
  archive.hold(blob.digest);
  return { config: blob, layers: line.map(({ layer }) => layer) };
}

/** The image and what it stands on, the lowest first. */
async function lineage(context: ImagesContext, archive: ArchiveContent, id: string): Promise<Generation[]> {
  const line: Generation[] = [];
  const seen = new Set<string>();
  for (let next = id; next !== ''; ) {
    if (seen.has(next)) throw new Conflict(`image ${next} is its own ancestor`);
    seen.add(next);
    const document = parse(await context.content.bytes(archive.blob(`${next}/json`).digest));
    line.unshift({ document, layer: archive.blob(`${next}/layer.tar`) });
    next = typeof document.parent === 'string' ? document.parent : '';
  }
  return line;
}

async function diffIdOf(context: ImagesContext, { digest }: BlobInfo): Promise<Digest> {
  const hash = createHash('sha256');
  for await (const chunk of decompressed(await context.content.read(digest))) hash.update(chunk);
  return `sha256:${hash.digest('hex')}` as Digest;
}

function historyOf({ document }: Generation): HistoryEntry {
  const { created, author, comment, container_config: ran } = document as Partial<HistoryEntry> & { container_config?: { Cmd?: readonly string[] | null } };
  return { ...(created && { created }), ...(author && { author }), created_by: (ran?.Cmd ?? []).join(' '), ...(comment && { comment }) };
}

function parse(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  const text = Buffer.from(bytes).toString();
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch (cause) {
    throw new DataLoss(jsonProblem(text), { cause });
  }
}
