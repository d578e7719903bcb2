/** `-o FILE` of the commands that give a tar archive. */
import { statSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { InvalidArgument } from '#base';
import type { Cli } from '../cli.ts';
import { fileComplaint } from '../file-complaint.ts';

/** Throws InvalidArgument where the archive cannot go: a terminal, a directory, a directory that is not there. */
export function checkOutputPath(path: string, cli: Cli, failure: string): void {
  if (path === '') {
    if (cli.stdout.isTerminal) throw new InvalidArgument('cowardly refusing to save to a terminal. Use the -o flag or redirect');
    return;
  }
  const directory = dirname(path);
  if (directory !== '.' && directory !== '') checkDirectory(directory, failure);
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory()) throw new InvalidArgument(`${failure}: cannot write to a directory`);
  if (found?.isCharacterDevice()) throw new InvalidArgument(`${failure}: cannot write to a character device file`);
  if (found?.isBlockDevice()) throw new InvalidArgument(`${failure}: cannot write to a device file`);
}

function checkDirectory(directory: string, failure: string): void {
  try {
    statSync(directory);
  } catch (error) {
    throw fileComplaint(error, 'stat', directory, `${failure}: invalid output path: `);
  }
}

/** Writes an archive to the file, which appears only when it is whole, or to standard output. */
export async function writeOutput(body: AsyncIterable<Buffer>, path: string, cli: Cli): Promise<void> {
  if (path === '') {
    for await (const chunk of body) cli.stdout.write(chunk);
    return;
  }
  const temporary = `${path}.tmp-${process.pid}`;
  try {
    await using file = await open(temporary, 'w', 0o600);
    for await (const chunk of body) await file.writeFile(chunk);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
