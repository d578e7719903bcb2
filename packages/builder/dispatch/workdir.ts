import { mkdir } from 'node:fs/promises';
import { errnoOf, Internal } from '#base';
import type { TextInstruction } from '#spec';
import { commitStep } from '../commit.ts';
import { pathInContext } from '../copy/path.ts';
import { writeLayer } from '../layer.ts';
import { recordedInOne } from '../run-config.ts';
import type { Session } from '../session.ts';
import type { StageState } from '../state.ts';
import { applyMetadata } from './metadata.ts';
import { asContainer, fromCache } from './step.ts';

/** WORKDIR: the directory is made in the image where it is missing, root's, mode 0755. */
export async function dispatchWorkdir(session: Session, state: StageState, instruction: TextInstruction): Promise<void> {
  const comment = applyMetadata(state, instruction, () => undefined);
  const record = recordedInOne(state.config, comment);
  if (await fromCache(session, state, record)) return;
  await asContainer(session, state, record, async (container) => {
    const layer = await writeLayer(session, state.image, (root) => makeDirectory(root, state.config.WorkingDir ?? '/'));
    await commitStep(session, state, { record, layer, container });
  });
}

async function makeDirectory(root: string, directory: string): Promise<void> {
  try {
    await mkdir(await pathInContext(root, directory), { recursive: true, mode: 0o755 });
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST' && errnoOf(error) !== 'ENOTDIR') throw error;
    throw new Internal(`Cannot mkdir: ${directory} is not a directory`, { cause: error });
  }
}
