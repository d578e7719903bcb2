/** `--security-opt`: seccomp profile, no-new-privileges, and the labels of systems this kernel may not have. */
import { InvalidArgument, quote } from '#base';
import { parseSeccompProfile, type SeccompProfile } from '#spec';

export interface SecurityOptions {
  /** undefined: the default profile; null: unconfined. */
  readonly seccomp: SeccompProfile | null | undefined;
  readonly noNewPrivileges: boolean;
}

/** Throws InvalidArgument in Docker's words. The CLI sends a profile's JSON, not its path. */
export function parseSecurityOptions(options: readonly string[]): SecurityOptions {
  let seccomp: SeccompProfile | null | undefined;
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

function parseSeccomp(value: string): SeccompProfile | null | undefined {
  if (value === 'unconfined') return null;
  if (value === 'builtin') return undefined;
  return parseSeccompProfile(value);
}
