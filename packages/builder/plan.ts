/**
 * The plan of a build: every step in order with what it prints, made from the Dockerfile and the request alone. What a
 * step does to an image is decided when it runs, since its variables come from images not yet there.
 */
import { InvalidArgument } from '#base';
import { findStage, parseDockerfile, readStages, type ArgInstruction, type EscapeCharacter, type Instruction, type Stage } from '#spec';

export type Step =
  | { readonly kind: 'global-arg'; readonly number: number; readonly code: string; readonly instruction: ArgInstruction }
  | { readonly kind: 'stage'; readonly number: number; readonly code: string; readonly stage: Stage; readonly index: number }
  | { readonly kind: 'instruction'; readonly number: number; readonly code: string; readonly instruction: Instruction; readonly index: number }
  | { readonly kind: 'stage-end'; readonly index: number };

export interface Plan {
  readonly escape: EscapeCharacter;
  /** Printed before the first step. */
  readonly warnings: readonly string[];
  readonly steps: readonly Step[];
  /** Steps that have a number. */
  readonly total: number;
}

/** Throws InvalidArgument in Docker's words for a Dockerfile that cannot be built; `name` is how the user calls the file. */
export function planBuild(text: string, name: string, request: { target: string; labels: Readonly<Record<string, string>> }): Plan {
  const { nodes, escape, warnings } = parsed(text, name);
  const { globalArgs, stages } = readStages(nodes);
  const wanted = labelled(upTo(stages, request.target), request.labels);
  const steps = [...stepsOf(globalArgs, wanted)];
  return { escape, warnings: warnings.map((warning) => warning.text), steps, total: steps.length - wanted.length };
}

/** The plan as text, a line a step. */
export function printPlan(plan: Plan): string {
  const line = (step: Step): string => (step.kind === 'stage-end' ? `end of stage ${step.index}` : `${step.number}/${plan.total} ${step.code}`);
  return plan.steps.map((step) => `${line(step)}\n`).join('');
}

function parsed(text: string, name: string): ReturnType<typeof parseDockerfile> {
  if (text === '') throw new InvalidArgument(`the Dockerfile (${name}) cannot be empty`);
  try {
    return parseDockerfile(text);
  } catch (error) {
    if (!(error instanceof InvalidArgument)) throw error;
    throw new InvalidArgument(`failed to parse ${name}: ${error.message}`, { cause: error });
  }
}

/** The classic builder builds every stage up to its target, needed or not. */
function upTo(stages: readonly Stage[], target: string): readonly Stage[] {
  if (target === '') return stages;
  const index = findStage(stages, target);
  if (index < 0) throw new InvalidArgument(`target stage "${target}" could not be found`);
  return stages.slice(0, index + 1);
}

/** `--label` becomes LABEL steps at the end of the last stage. */
function labelled(stages: readonly Stage[], labels: Readonly<Record<string, string>>): readonly Stage[] {
  const last = stages.at(-1);
  if (!last) return stages;
  const added = Object.entries(labels)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]): Instruction => ({ kind: 'label', code: `LABEL ${key}=${value}`, line: 0, pairs: [{ key, value }], literal: true }));
  return [...stages.slice(0, -1), { ...last, instructions: [...last.instructions, ...added] }];
}

function* stepsOf(globalArgs: readonly ArgInstruction[], stages: readonly Stage[]): Generator<Step> {
  let number = 0;
  for (const instruction of globalArgs) yield { kind: 'global-arg', number: ++number, code: instruction.code, instruction };
  for (const [index, stage] of stages.entries()) {
    yield { kind: 'stage', number: ++number, code: stage.code, stage, index };
    for (const instruction of stage.instructions) yield { kind: 'instruction', number: ++number, code: instruction.code, instruction, index };
    yield { kind: 'stage-end', index };
  }
}
