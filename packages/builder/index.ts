export { classicBuilder, type ClassicBuilderOptions } from './classic.ts';
export { fetchGit, parseGitSource, type GitSource } from './copy/git.ts';
export { CommandFailed } from './failure.ts';
export type { RunDefaults } from './run/spec.ts';
export type * from './port.ts';
