/** `--security-opt`: seccomp profile, no-new-privileges, and the labels of systems this kernel may not have. */
import { InvalidArgument, quote } from '#base';
import type { OciSeccomp, OciSyscallRule } from '#spec';

export interface SecurityOptions {
  /** undefined: the default profile; null: unconfined. */
  readonly seccomp: OciSeccomp | null | undefined;
  readonly noNewPrivileges: boolean;
}

/** Throws InvalidArgument in Docker's words. The CLI sends a profile's JSON, not its path. */
export function parseSecurityOptions(options: readonly string[]): SecurityOptions {
  let seccomp: OciSeccomp | null | undefined;
  let noNewPrivileges = false;
  for (const option of options) {
    if (option === 'no-new-privileges') {
      noNewPrivileges = true;
      continue;
    }
    const [, key = '', value = ''] = /^([^=:]+)[=:](.*)$/s.exec(option) ?? [];
    if (key === '') throw new InvalidArgument(`invalid --security-opt 1: ${quote(option)}`);
    else if (key === 'seccomp') seccomp = parseSeccomp(value);
    else if (key === 'no-new-privileges') noNewPrivileges = parseBoolean(value);
    else if (key === 'apparmor' || key === 'label' || key === 'systempaths' || key === 'writable-cgroups') continue;
    else throw new InvalidArgument(`invalid --security-opt 2: ${quote(option)}`);
  }
  return { seccomp, noNewPrivileges };
}

function parseBoolean(text: string): boolean {
  if (/^(1|t|true)$/i.test(text)) return true;
  if (/^(0|f|false)$/i.test(text)) return false;
  throw new InvalidArgument(`invalid --security-opt 2: ${quote(`no-new-privileges=${text}`)}`);
}

function parseSeccomp(value: string): OciSeccomp | null | undefined {
  if (value === 'unconfined') return null;
  if (value === 'builtin') return undefined;
  return readProfile(value);
}

/** A profile in Docker's form: rules that may carry `includes` and `excludes` are an OCI profile without them. */
function readProfile(text: string): OciSeccomp {
  try {
    const profile = JSON.parse(text) as OciSeccomp & { archMap?: { architecture: string; subArchitectures?: string[] | null }[] | null };
    const { archMap, ...plain } = profile;
    if (typeof plain.defaultAction !== 'string') throw new SyntaxError('defaultAction is missing');
    const native = process.arch === 'arm64' ? 'SCMP_ARCH_AARCH64' : 'SCMP_ARCH_X86_64';
    const mapped = archMap?.find((entry) => entry.architecture === native);
    const architectures = mapped ? [mapped.architecture, ...(mapped.subArchitectures ?? [])] : plain.architectures;
    return { ...plain, ...(architectures && { architectures }), syscalls: (plain.syscalls ?? []).map(withNames) };
  } catch (error) {
    throw new InvalidArgument(`Decoding seccomp profile failed: ${(error as Error).message}`);
  }
}

/** Old profiles name one call with `name`. */
function withNames(rule: OciSyscallRule & { name?: string }): OciSyscallRule {
  const { name, ...rest } = rule;
  return { ...rest, names: rest.names ?? (name ? [name] : []), ...(rest.args === null && { args: [] }) };
}
