export { parseDockerfile, type Dockerfile } from './parse.ts';
export { heredocOf, type Heredoc } from './heredoc.ts';
export { environmentOf, expandWord, type Environment, type EscapeCharacter } from './expand.ts';
export { expandInstruction } from './instructions/expand.ts';
export { readInstruction } from './instructions/read.ts';
export { readMount, type RunMount } from './instructions/run-mount.ts';
export { findStage, readStages, type Stages } from './stages.ts';
export { compileWildcard, hasWildcard, matchPath } from './wildcard.ts';
export type * from './instructions/model.ts';
