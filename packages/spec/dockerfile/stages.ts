import { InvalidArgument, messageOf } from '#base';
import type { ArgInstruction, FromInstruction, Instruction, Stage } from './instructions/model.ts';
import { readInstruction } from './instructions/read.ts';
import type { Node } from './parse.ts';

export interface Stages {
  /** ARGs before the first FROM, which only FROM sees. */
  readonly globalArgs: readonly ArgInstruction[];
  readonly stages: readonly Stage[];
}

/** Reads every instruction and sorts them into stages. Throws InvalidArgument: `dockerfile parse error on line 3: …`. */
export function readStages(nodes: readonly Node[]): Stages {
  const globalArgs: ArgInstruction[] = [];
  const stages: { from: FromInstruction; instructions: Instruction[] }[] = [];
  for (const node of nodes) {
    const instruction = readWithLine(node);
    const stage = stages.at(-1);
    if (instruction.kind === 'from') stages.push({ from: instruction, instructions: [] });
    else if (stage) stage.instructions.push(instruction);
    else if (instruction.kind === 'arg') globalArgs.push(instruction);
    else throw new InvalidArgument('no build stage in current context');
  }
  return { globalArgs, stages: stages.map(({ from, instructions }) => ({ ...from, instructions })) };
}

/** The position of the stage of that name, any case; -1 when there is none. */
export function findStage(stages: readonly Stage[], name: string): number {
  return stages.findIndex((stage) => stage.name === name.toLowerCase());
}

function readWithLine(node: Node): Instruction | FromInstruction {
  try {
    return readInstruction(node);
  } catch (error) {
    if (!(error instanceof InvalidArgument)) throw error;
    throw new InvalidArgument(`dockerfile parse error on line ${node.startLine}: ${messageOf(error)}`, { cause: error });
  }
}
