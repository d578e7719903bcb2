/** Resolves the default seccomp profile for one container: its capabilities, this processor, this kernel. */
import type { OciSeccomp, OciSyscallRule } from './oci-runtime.ts';
import { seccompArchitectures, seccompRules, type Condition, type ConditionalRule } from './defaults-seccomp-rules.ts';

export interface SeccompSituation {
  /** The container's bounding set. */
  readonly capabilities: readonly string[];
  /** amd64 or arm64. */
  readonly architecture: string;
  /** `uname -r`. */
  readonly kernel: string;
}

/** The OCI profile (runtime-spec config-linux.md, "Seccomp") with every conditional rule decided. */
export function resolveSeccomp(situation: SeccompSituation): OciSeccomp {
  return {
    defaultAction: 'SCMP_ACT_ERRNO',
    defaultErrnoRet: 1,
    architectures: [...(seccompArchitectures[situation.architecture] ?? [])],
    syscalls: seccompRules.filter((rule) => applies(rule, situation)).map(plain),
  };
}

function applies(rule: ConditionalRule, situation: SeccompSituation): boolean {
  return ruleApplies(rule.when ? [rule.when] : [], rule.unless ? partsOf(rule.unless) : [], situation);
}

/** Every one of `when` must hold, none of `unless`. */
export function ruleApplies(when: readonly Condition[], unless: readonly Condition[], situation: SeccompSituation): boolean {
  return when.every((condition) => holds(condition, situation)) && !unless.some((condition) => holds(condition, situation));
}

/** One condition for each thing that a rule excludes. */
function partsOf({ capability, architectures, kernel }: Condition): Condition[] {
  return [...(capability ? [{ capability }] : []), ...(architectures ? [{ architectures }] : []), ...(kernel ? [{ kernel }] : [])];
}

function holds({ capability, architectures, kernel }: Condition, situation: SeccompSituation): boolean {
  return (
    (capability === undefined || situation.capabilities.includes(capability)) &&
    (architectures === undefined || architectures.includes(situation.architecture)) &&
    (kernel === undefined || kernelAtLeast(situation.kernel, kernel))
  );
}

function kernelAtLeast(release: string, wanted: string): boolean {
  const [major = 0, minor = 0] = release.split('.').map((part) => Number.parseInt(part, 10));
  const [wantedMajor = 0, wantedMinor = 0] = wanted.split('.').map(Number);
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}

function plain({ names, action, errnoRet, args }: ConditionalRule): OciSyscallRule {
  return { names, action: action ?? 'SCMP_ACT_ALLOW', ...(errnoRet !== undefined && { errnoRet }), ...(args && { args }) };
}
