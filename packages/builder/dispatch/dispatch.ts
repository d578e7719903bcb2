import { expandInstruction, type Instruction } from '#spec';
import { requireMountPlace } from '#volumes';
import { commitStep } from '../commit.ts';
import { readImage } from '../layer.ts';
import { recorded } from '../run-config.ts';
import type { Session } from '../session.ts';
import type { StageState } from '../state.ts';
import { dispatchCopy } from './copy.ts';
import { applyMetadata, type MetadataInstruction } from './metadata.ts';
import { dispatchRun } from './run.ts';
import { asContainer, fromCache } from './step.ts';
import { dispatchWorkdir } from './workdir.ts';

/** Carries out one instruction: the stage's image is the step's afterwards. Throws in Docker's words. */
export async function dispatch(session: Session, state: StageState, instruction: Instruction): Promise<void> {
  const expanded = expandInstruction(instruction, (word) => state.expand(word));
  switch (expanded.kind) {
    case 'run':
      return dispatchRun(session, state, expanded);
    case 'copy':
    case 'add':
      return dispatchCopy(session, state, expanded);
    case 'workdir':
      return dispatchWorkdir(session, state, expanded);
    default:
      return dispatchMetadata(session, state, expanded);
  }
}

async function dispatchMetadata(session: Session, state: StageState, instruction: MetadataInstruction): Promise<void> {
  const comment = applyMetadata(state, instruction, (replaced) => session.output.overridingHealthcheck(replaced));
  const record = recorded(state.config, comment);
  if (await fromCache(session, state, record)) return;
  if (instruction.kind === 'volume' && state.image) await readImage(session, state.image, async (root) => instruction.values.forEach((path) => requireMountPlace(root, path)));
  await asContainer(session, state, record, (container) => commitStep(session, state, { record, container }));
}
