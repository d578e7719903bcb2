/** ADD of an archive: tar, plain or compressed by gzip, bzip2, xz or zstd. */
import { createReadStream } from 'node:fs';
import { chmod, chown, mkdir, stat } from 'node:fs/promises';
import { isKind, readTar } from '#base';
import { decompressed } from '#images';
import { applyLayer } from '#snapshots';

/** Unpacks into `destination`, which is made when missing; false, with nothing done, for a file that is no archive. */
export async function unpackArchive(archive: string, destination: string): Promise<boolean> {
  if (!(await isArchive(archive))) return false;
  await mkdir(destination, { recursive: true, mode: 0o755 });
  const before = await stat(destination);
  await applyLayer({ source: decompressed(createReadStream(archive)), upper: destination, lowers: [] });
  // An archive's own `./` says nothing about the directory it is unpacked in.
  await chown(destination, before.uid, before.gid);
  await chmod(destination, before.mode & 0o7777);
  return true;
}

/** What can be decompressed and begins with a member, as dockerd finds it; an empty tar is none. */
async function isArchive(path: string): Promise<boolean> {
  const file = createReadStream(path);
  try {
    for await (const _member of readTar(decompressed(file))) return true;
    return false;
  } catch (error) {
    if (isKind(error, 'DataLoss') || isKind(error, 'InvalidArgument')) return false;
    throw error;
  } finally {
    file.destroy();
  }
}
