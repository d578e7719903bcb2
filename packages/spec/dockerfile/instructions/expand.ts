import type { CopyInstruction, Instruction, Pair } from './model.ts';

/** Puts values in the place of one word's variables. */
export type WordExpander = (word: string) => string;

/**
 * The instruction with its variables expanded, where the language expands them (Dockerfile reference, "Environment
 * replacement"). EXPOSE stays as it is: one of its words may become several, which its executor does.
 */
export function expandInstruction(instruction: Instruction, expand: WordExpander): Instruction {
  switch (instruction.kind) {
    case 'env':
      return { ...instruction, pairs: instruction.pairs.map((pair) => expandPair(pair, expand)) };
    case 'label':
      return instruction.literal ? instruction : { ...instruction, pairs: instruction.pairs.map((pair) => expandPair(pair, expand)) };
    case 'arg':
      return {
        ...instruction,
        args: instruction.args.map(({ key, value }) => ({ key: expand(key), value: value === undefined ? undefined : expand(value) })),
      };
    case 'copy':
    case 'add':
      return expandCopy(instruction, expand);
    case 'volume':
      return { ...instruction, values: instruction.values.map(expand) };
    case 'stopsignal':
    case 'user':
    case 'workdir':
      return { ...instruction, value: expand(instruction.value) };
    default:
      return instruction;
  }
}

function expandPair({ key, value }: Pair, expand: WordExpander): Pair {
  return { key: expand(key), value: expand(value) };
}

function expandCopy(instruction: CopyInstruction, expand: WordExpander): CopyInstruction {
  return {
    ...instruction,
    chown: expand(instruction.chown),
    chmod: expand(instruction.chmod),
    checksum: expand(instruction.checksum),
    sources: instruction.sources.map(expand),
    destination: expand(instruction.destination),
    exclude: instruction.exclude.map(expand),
  };
}
