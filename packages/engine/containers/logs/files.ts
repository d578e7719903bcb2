/**
 * The files of a json-file log: `<id>-json.log` is written now, `.1` is the one before it, `.2` older still. The shim
 * rotates by renaming, so a file is known by its inode, not by its name.
 */
import { open, stat, type FileHandle } from 'node:fs/promises';
import { tolerate } from '#base';

/** One opened file of the log; whoever opened it closes it. */
export interface LogFile {
  readonly handle: FileHandle;
  readonly inode: bigint;
}

/**
 * Opens every file of the log, oldest first. They are opened newest first: a rotation that happens meanwhile shows the
 * same inode twice, which is dropped, where the other order would lose a whole file.
 */
export async function openLogFiles(path: string, maxFiles: number): Promise<LogFile[]> {
  const files: LogFile[] = [];
  for (let age = 0; age < maxFiles + 1; age += 1) {
    const file = await openLogFile(age === 0 ? path : `${path}.${age}`);
    if (!file) continue;
    if (files.some((known) => known.inode === file.inode)) await file.handle.close();
    else files.unshift(file);
  }
  return files;
}

/** The inode that has the name now; undefined when none has. */
export async function inodeOf(path: string): Promise<bigint | undefined> {
  return (await stat(path, { bigint: true }).catch(tolerate(['ENOENT'], undefined)))?.ino;
}

async function openLogFile(path: string): Promise<LogFile | undefined> {
  const handle = await open(path, 'r').catch(tolerate(['ENOENT'], undefined));
  return handle && { handle, inode: (await handle.stat({ bigint: true })).ino };
}
