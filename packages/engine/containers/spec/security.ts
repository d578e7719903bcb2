/** `--security-opt`: seccomp profile, no-new-privileges, and the labels of systems this kernel may not have. */
import { InvalidArgument, NotImplemented, quote } from '#base';
import { parseSeccompProfile, type SeccompProfile } from '#spec';

export interface SecurityOptions {
  /** undefined: the daemon's default; null: unconfined. */
  readonly seccomp: SeccompProfile | 'builtin' | null | undefined;
  readonly noNewPrivileges: boolean;
  /** undefined: as the container is privileged or not. */
  readonly writableCgroups: boolean | undefined;
  /** AppArmor's profile; '' where none is named. */
  readonly apparmor: string;
}

/** Throws InvalidArgument in Docker's words. The CLI sends a profile's JSON, not its path. */
export function parseSecurityOptions(options: readonly string[]): SecurityOptions {
  let seccomp: SecurityOptions['seccomp'];
  let noNewPrivileges = false;
  let writableCgroups: boolean | undefined;
  let apparmor = '';
  for (const option of options) {
    if (option === 'no-new-privileges') {
      noNewPrivileges = true;
      continue;
    }
    const [, key = '', value = ''] = /^([^=:]+)[=:](.*)$/s.exec(option) ?? [];
    if (key === '') throw new InvalidArgument(`invalid --security-opt 1: ${quote(option)}`);
    else if (key === 'seccomp') seccomp = parseSeccomp(value);
    else if (key === 'no-new-privileges') noNewPrivileges = parseBoolean(value, option);
    else if (key === 'writable-cgroups') writableCgroups = parseBoolean(value, option);
    else if (key === 'apparmor') apparmor = value;
    else if (key === 'label') continue;
    else throw new InvalidArgument(`invalid --security-opt 2: ${quote(option)}`);
  }
  return { seccomp, noNewPrivileges, writableCgroups, apparmor };
}

function parseBoolean(text: string, option: string): boolean {
  if (/^(1|t|true)$/i.test(text)) return true;
  if (/^(0|f|false)$/i.test(text)) return false;
  throw new InvalidArgument(`invalid --security-opt 2: ${quote(option)}`);
}

/** Throws NotImplemented for what this host's security modules would have to do and Naru does not; gives warnings for what has no effect here. */
export function securityWarnings(options: readonly string[], host: { readonly apparmor: boolean; readonly selinux: boolean }): string[] {
  const { apparmor } = parseSecurityOptions(options);
  const named = apparmor !== '' && apparmor !== 'unconfined';
  const labels = options.filter((option) => /^label[=:](?!disable)/.test(option));
  if (labels.length > 0 && host.selinux) throw new NotImplemented(`invalid --security-opt: SELinux labels are not supported: ${labels[0]}`);
  return [
    ...(named && !host.apparmor ? [`AppArmor is not enabled on this host. Profile ${apparmor} discarded.`] : []),
    ...(labels.length > 0 ? ['SELinux is not enabled on this host. Labels discarded.'] : []),
  ];
}

function parseSeccomp(value: string): SeccompProfile | 'builtin' | null {
  if (value === 'unconfined') return null;
  if (value === 'builtin') return value;
  return parseSeccompProfile(value);
}
