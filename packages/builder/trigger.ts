import { InvalidArgument } from '#base';
import { parseDockerfile, readInstruction, type Instruction } from '#spec';
import { dispatch } from './dispatch/dispatch.ts';
import type { Session } from './session.ts';
import type { StageState } from './state.ts';

/** Carries out the ONBUILD triggers of the stage's base image, which then has none left. */
export async function runTriggers(session: Session, state: StageState): Promise<void> {
  const triggers = state.config.OnBuild ?? [];
  if (triggers.length === 0) return;
  state.config = { ...state.config, OnBuild: null };
  session.output.triggers(triggers.length);
  for (const trigger of triggers) await dispatch(session, state, instructionOf(trigger));
}

function instructionOf(trigger: string): Instruction {
  const [node, ...more] = parseDockerfile(trigger).nodes;
  if (!node || more.length > 0) throw new InvalidArgument('onbuild trigger should be a single expression');
  const instruction = readInstruction(node);
  if (instruction.kind === 'from') throw new InvalidArgument("FROM isn't allowed as an ONBUILD trigger");
  return instruction;
}
