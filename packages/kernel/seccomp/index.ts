export { compileSeccomp } from './compile.ts';
export type { CompiledSeccomp } from './compile.ts';
export { syscallNumbers } from './syscalls.ts';
export type { SyscallTable } from './syscalls.ts';
