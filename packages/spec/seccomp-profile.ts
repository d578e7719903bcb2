/** Seccomp profiles in Docker's form (`--security-opt seccomp=FILE`): an OCI profile whose rules may have conditions. */
import { InvalidArgument, jsonProblem, messageOf } from '#base';
import { ruleApplies, type SeccompSituation } from './defaults-seccomp.ts';
import type { OciSeccomp, OciSyscallRule } from './oci-runtime.ts';

export interface SeccompProfile extends Omit<OciSeccomp, 'syscalls'> {
  /** Which further architectures go with each native one. */
  readonly archMap?: readonly { architecture: string; subArchitectures?: string[] | null }[] | null;
  readonly syscalls?: readonly ProfileRule[];
}

export interface ProfileRule extends OciSyscallRule {
  /** Every part must hold. */
  readonly includes?: ProfileCondition;
  /** None may hold. */
  readonly excludes?: ProfileCondition;
}

export interface ProfileCondition {
  readonly caps?: readonly string[];
  readonly arches?: readonly string[];
  readonly minKernel?: string;
}

/** Throws InvalidArgument for what is no profile. */
export function parseSeccompProfile(text: string): SeccompProfile {
  try {
    const profile = parse(text);
    if (typeof profile.defaultAction !== 'string') throw new SyntaxError('defaultAction is missing');
    if (profile.archMap?.length && profile.architectures?.length) throw new SyntaxError("both 'architectures' and 'archMap' are specified in the seccomp profile, use either 'architectures' or 'archMap'");
    return { ...profile, syscalls: (profile.syscalls ?? []).map(withNames) };
  } catch (error) {
    throw new InvalidArgument(`Decoding seccomp profile failed: ${messageOf(error)}`, { cause: error });
  }
}

function parse(text: string): SeccompProfile {
  try {
    return JSON.parse(text) as SeccompProfile;
  } catch (error) {
    throw new SyntaxError(jsonProblem(text), { cause: error });
  }
}

/** The OCI profile for one container: conditions decided, architectures looked up. */
export function resolveProfile(profile: SeccompProfile, situation: SeccompSituation): OciSeccomp {
  const { archMap, syscalls = [], ...plain } = profile;
  const native = nativeArchitectures[situation.architecture];
  const mapped = archMap?.find((entry) => entry.architecture === native);
  const architectures = mapped ? [mapped.architecture, ...(mapped.subArchitectures ?? [])] : plain.architectures;
  return {
    ...plain,
    ...(architectures && { architectures }),
    syscalls: syscalls.filter((rule) => ruleApplies(partsOf(rule.includes), partsOf(rule.excludes), situation)).map(unconditional),
  };
}

function unconditional(rule: ProfileRule): OciSyscallRule {
  const { names, action, errnoRet, args } = rule;
  return { names, action, ...(errnoRet !== undefined && { errnoRet }), ...(args && { args }) };
}

const nativeArchitectures: Readonly<Record<string, string>> = { amd64: 'SCMP_ARCH_X86_64', arm64: 'SCMP_ARCH_AARCH64' };

function partsOf(condition: ProfileCondition | undefined) {
  const { caps = [], arches, minKernel } = condition ?? {};
  return [
    ...caps.map((capability) => ({ capability })),
    ...(arches?.length ? [{ architectures: arches }] : []),
    ...(minKernel ? [{ kernel: minKernel }] : []),
  ];
}

/** Old profiles name one call with `name`; null means none, as everywhere in Go's JSON. */
function withNames(rule: ProfileRule & { name?: string }): ProfileRule {
  const { name, args, ...rest } = rule;
  if (name && rest.names?.length) throw new SyntaxError("both 'name' and 'names' are specified in the seccomp profile, use either 'name' or 'names'");
  return { ...rest, names: rest.names ?? (name ? [name] : []), ...(args && { args }) };
}
