import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunCommand } from './command.ts';

/** A directory with the script of a RUN alone, executable; gone when disposed. undefined where there is none. */
export async function writeScript(scratch: string, script: RunCommand['script']): Promise<(AsyncDisposable & { directory: string }) | undefined> {
  if (!script) return undefined;
  const directory = await mkdtemp(join(scratch, 'script-'));
  const remove = (): Promise<void> => rm(directory, { recursive: true, force: true });
  try {
    await writeFile(join(directory, script.name), script.content, { mode: 0o755 });
    return { directory, [Symbol.asyncDispose]: remove };
  } catch (error) {
    await remove();
    throw error;
  }
}
