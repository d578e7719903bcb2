export { compileCreate, compileExec } from './compile.ts';
export type { CreateInput, ExecInput } from './compile.ts';
export type { CgroupPlacement } from './compile/cgroup.ts';
export { ociRuntime, runtimeOfBoth } from './oci/runtime.ts';
export { planRuntime } from './plan/runtime.ts';
export type { PlanRuntime, PlanRuntimeOptions } from './plan/runtime.ts';
export type * from './port.ts';
export { claimScope } from './systemd/claim.ts';
export { runtimeMain, type RuntimeCommand } from './cli/main.ts';
