import { InvalidArgument } from '#base';
import { expandInstruction, parseDockerfile, readInstruction, type ContainerDefaults } from '#spec';
import { BuildArgs } from './args.ts';
import { applyMetadata, type MetadataInstruction } from './dispatch/metadata.ts';
import { StageState } from './state.ts';

const allowed = ['cmd', 'entrypoint', 'healthcheck', 'env', 'expose', 'label', 'onbuild', 'stopsignal', 'user', 'volume', 'workdir'];

/** Applies the `--change` lines of commit and import. Throws InvalidArgument (`RUN is not a valid change command`). */
export function applyChanges(config: ContainerDefaults, changes: readonly string[]): ContainerDefaults {
  if (changes.length === 0) return config;
  const { nodes, escape } = parseDockerfile(changes.join('\n'));
  const instructions = nodes.map((node) => {
    if (!allowed.includes(node.name.toLowerCase())) throw new InvalidArgument(`${node.name} is not a valid change command`);
    return readInstruction(node) as MetadataInstruction;
  });
  const state = new StageState(undefined, new BuildArgs({}), escape);
  state.config = structuredClone(config);
  for (const instruction of instructions) {
    applyMetadata(state, expandInstruction(instruction, (word) => state.expand(word)) as MetadataInstruction, () => undefined);
  }
  return state.config;
}
