/** `--security-opt`: seccomp profile, no-new-privileges, and what security modules are to do. */
import { Internal, quote } from '#base';
import { parseSeccompProfile, type SeccompProfile } from '#spec';

export interface SecurityOptions {
  /** undefined: the daemon's default; null: unconfined. */
  readonly seccomp: SeccompProfile | 'builtin' | null | undefined;
  readonly noNewPrivileges: boolean;
  /** undefined: as the container is privileged or not. */
  readonly writableCgroups: boolean | undefined;
  /** AppArmor's profile; '' where none is named. */
  readonly apparmor: string;
  /** SELinux's, each as it stands behind `label=`. */
  readonly labels: readonly string[];
}

/** Throws in Docker's words, Internal for options: dockerd answers 500 to them. The CLI sends a profile's JSON, not its path. */
export function parseSecurityOptions(options: readonly string[]): SecurityOptions {
  let seccomp: SecurityOptions['seccomp'];
  let noNewPrivileges = false;
  let writableCgroups: boolean | undefined;
  let apparmor = '';
  const labels: string[] = [];
  for (const option of options) {
    if (option === 'no-new-privileges') {
      noNewPrivileges = true;
      continue;
    }
    if (option === 'writable-cgroups') {
      writableCgroups = true;
      continue;
    }
    if (option === 'disable') {
      labels.push(option);
      continue;
    }
    const separator = option.indexOf(option.includes('=') ? '=' : ':');
    const [key, value] = [option.slice(0, Math.max(separator, 0)), option.slice(separator + 1)];
    if (separator < 0) throw new Internal(`invalid --security-opt 1: ${quote(option)}`);
    else if (key === 'seccomp') seccomp = parseSeccomp(value);
    else if (key === 'no-new-privileges') noNewPrivileges = parseBoolean(value, option);
    else if (key === 'writable-cgroups') writableCgroups = parseBoolean(value, option);
    else if (key === 'apparmor') apparmor = value;
    else if (key === 'label') labels.push(value);
    else throw new Internal(`invalid --security-opt 2: ${quote(option)}`);
  }
  return { seccomp, noNewPrivileges, writableCgroups, apparmor, labels };
}

function parseBoolean(text: string, option: string): boolean {
  if (/^(1|t|true)$/i.test(text)) return true;
  if (/^(0|f|false)$/i.test(text)) return false;
  throw new Internal(`invalid --security-opt 2: ${quote(option)}`);
}

/** Warnings for what has no effect here. `host.selinux`: containers are labelled. */
export function securityWarnings(options: readonly string[], host: { readonly apparmor: boolean; readonly selinux: boolean }): string[] {
  const { apparmor, labels } = parseSecurityOptions(options);
  const named = apparmor !== '' && apparmor !== 'unconfined';
  return [
    ...(named && !host.apparmor ? [`AppArmor is not enabled on this host. Profile ${apparmor} discarded.`] : []),
    ...(labels.some((option) => option !== 'disable') && !host.selinux ? ['SELinux is not enabled on this host. Labels discarded.'] : []),
  ];
}

function parseSeccomp(value: string): SeccompProfile | 'builtin' | null {
  if (value === 'unconfined') return null;
  if (value === 'builtin') return value;
  return parseSeccompProfile(value);
}
