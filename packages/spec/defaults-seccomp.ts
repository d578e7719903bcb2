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
  return (!rule.when || holdsAll(rule.when, situation)) && (!rule.unless || !holdsAny(rule.unless, situation));
}

function holdsAll(condition: Condition, situation: SeccompSituation): boolean {
  return partsOf(condition, situation).every(Boolean);
}

function holdsAny(condition: Condition, situation: SeccompSituation): boolean {
  return partsOf(condition, situation).some(Boolean);
}

function partsOf(condition: Condition, situation: SeccompSituation): boolean[] {
  const parts: boolean[] = [];
  if (condition.capability) parts.push(situation.capabilities.includes(condition.capability));
  if (condition.architectures) parts.push(condition.architectures.includes(situation.architecture));
  if (condition.kernel) parts.push(kernelAtLeast(situation.kernel, condition.kernel));
  return parts;
}

function kernelAtLeast(release: string, wanted: string): boolean {
  const [major = 0, minor = 0] = release.split('.').map((part) => Number.parseInt(part, 10));
  const [wantedMajor = 0, wantedMinor = 0] = wanted.split('.').map(Number);
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}

function plain({ names, action, errnoRet, args }: ConditionalRule): OciSyscallRule {
  return { names, action: action ?? 'SCMP_ACT_ALLOW', ...(errnoRet !== undefined && { errnoRet }), ...(args && { args }) };
}
