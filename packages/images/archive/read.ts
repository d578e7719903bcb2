import { randomUUID } from 'node:crypto';
import { posix } from 'node:path';
import { DataLoss, InvalidArgument, isDigest, jsonProblem, readTar } from '#base';
import type { Digest, TarReading } from '#base';
import type { BlobInfo, ContentStore } from '#content';
import { decompressed } from './decompress.ts';

const documentLimit = 4 << 20;
const documents: readonly string[] = ['manifest.json', 'index.json', 'oci-layout', 'repositories'];

/** An archive taken apart: its documents in memory, every other file a blob. Leased until disposed. */
export interface ArchiveContent extends Disposable {
  readonly documents: ReadonlyMap<string, unknown>;
  /** The blob under a path, links followed; throws InvalidArgument when there is none. */
  blob(path: string): BlobInfo;
  /** Leases one blob more for as long. */
  hold(digest: Digest): void;
}

/**
 * Reads an image archive in one pass, however it is compressed. Files named by a digest must have it (DataLoss). Nothing
 * is written outside of the content store, whatever the paths say.
 */
export async function readArchive(content: ContentStore, tar: AsyncIterable<Uint8Array>): Promise<ArchiveContent> {
  const parsed = new Map<string, unknown>();
  const blobs = new Map<string, BlobInfo>();
  const links = new Map<string, string>();
  const leases = new DisposableStack();
  try {
    for await (const member of readTar(decompressed(tar))) {
      const path = posix.normalize(member.header.name);
      if (member.header.type === 'symlink') links.set(path, posix.join(posix.dirname(path), member.header.linkname));
      else if (member.header.type === 'hardlink') links.set(path, posix.normalize(member.header.linkname));
      else if (member.header.type === 'file' && documents.includes(path)) parsed.set(path, parse(await member.bytes(documentLimit)));
      else if (member.header.type === 'file') blobs.set(path, await store(content, path, member, leases));
    }
  } catch (error) {
    leases.dispose();
    throw error;
  }
  return { documents: parsed, blob: (path) => resolve(path, blobs, links), hold: (digest) => void leases.use(content.lease([digest])), [Symbol.dispose]: () => leases.dispose() };
}

async function store(content: ContentStore, path: string, member: TarReading, leases: DisposableStack): Promise<BlobInfo> {
  const named = digestInPath(path);
  const hold = (digest: Digest): void => void leases.use(content.lease([digest]));
  if (named) hold(named);
  const held = named && (await content.info(named));
  if (held && held.size === member.header.size) return held;
  await using ingest = await content.ingest(`load:${randomUUID()}`, named ? { digest: named } : { hold });
  try {
    for await (const chunk of member.body()) await ingest.write(chunk);
    return await ingest.commit();
  } finally {
    await ingest.abort();
  }
}

function digestInPath(path: string): Digest | undefined {
  const found = /^blobs\/([a-z0-9]+)\/([a-f0-9]+)$/.exec(path);
  const digest = found ? `${found[1]}:${found[2]}` : '';
  return isDigest(digest) ? digest : undefined;
}

function resolve(path: string, blobs: ReadonlyMap<string, BlobInfo>, links: ReadonlyMap<string, string>): BlobInfo {
  let target: string | undefined = posix.normalize(path);
  for (let hops = 0; target !== undefined && hops < 8; hops++) {
    const blob = blobs.get(target);
    if (blob) return blob;
    target = links.get(target);
  }
  throw new InvalidArgument(`open ${path}: no such file or directory`);
}

function parse(bytes: Uint8Array): unknown {
  const text = Buffer.from(bytes).toString();
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new DataLoss(jsonProblem(text), { cause });
  }
}
