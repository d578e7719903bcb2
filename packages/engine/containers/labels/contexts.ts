/** What SELinux's policy on this host labels containers with: the files that libselinux calls lxc_contexts(5). */
import { readFileSync } from 'node:fs';
import { tolerating } from '#base';

/** Contexts, `user:role:type[:level]`; '' where the policy has none. */
export interface HostContexts {
  readonly process: string;
  readonly file: string;
}

/** The administrator's file, else that of the policy in force. */
export function hostContexts(): HostContexts {
  const type = settings(textOf('/etc/selinux/config') ?? '').get('SELINUXTYPE') ?? '';
  return parseContexts(textOf('/usr/share/containers/selinux/contexts') ?? textOf(`/etc/selinux/${type}/contexts/lxc_contexts`) ?? '');
}

export function parseContexts(text: string): HostContexts {
  const found = settings(text);
  return { process: found.get('process') ?? '', file: found.get('file') ?? '' };
}

/** Lines of `key = "value"`; `#` and `;` begin comments. */
function settings(text: string): Map<string, string> {
  const lines = text.split('\n').map((line) => line.trim()).filter((line) => line !== '' && !/^[#;]/.test(line));
  return new Map(lines.flatMap((line): [string, string][] => {
    const equals = line.indexOf('=');
    return equals < 0 ? [] : [[line.slice(0, equals).trim(), line.slice(equals + 1).trim().replace(/^"+|"+$/g, '')]];
  }));
}

function textOf(path: string): string | undefined {
  return tolerating(['ENOENT'], undefined, () => readFileSync(path, 'utf8'));
}
