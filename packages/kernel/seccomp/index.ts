export { compileSeccomp } from './compile.ts';
export type { CompiledSeccomp } from './compile.ts';
export { operatorNames } from './rules.ts';
export { syscallNumbers } from './syscalls.ts';
export type { SyscallTable } from './syscalls.ts';
export { actionNames, architectureNames, filterFlagNames } from './verdicts.ts';
