/** What this kernel's security modules can be asked for: AppArmor's profiles, SELinux's labels (LSM, "Linux Security Module Usage"). */
import { existsSync, readFileSync } from 'node:fs';
import { tolerating } from '#base';

export interface SecurityModules {
  /** File below /proc to write `exec PROFILE` to (apparmor_procattr), undefined where AppArmor is off. */
  readonly apparmor: string | undefined;
  /** A policy is loaded, and its file system can be written to. */
  readonly selinux: boolean;
}

/** Of this machine, as runC finds it out. Each is looked for once, when it is first asked for: none comes or goes while the kernel runs. */
class HostModules implements SecurityModules {
  #apparmor: string | false | undefined;
  #selinux: boolean | undefined;

  get apparmor(): string | undefined {
    this.#apparmor ??= hasAppArmor() && attributeOf('/proc/self/attr/apparmor/exec');
    return this.#apparmor || undefined;
  }

  get selinux(): boolean {
    return (this.#selinux ??= hasSelinux());
  }
}

const host = new HostModules();

export function securityModules(): SecurityModules {
  return host;
}

/** Since Linux 5.8 each module has attributes of its own; before, the first of them has all. */
function attributeOf(own: string): string {
  return existsSync(own) ? 'self/attr/apparmor/exec' : 'self/attr/exec';
}

function hasAppArmor(): boolean {
  return existsSync('/sys/kernel/security/apparmor') && textOf('/sys/module/apparmor/parameters/enabled').startsWith('Y');
}

/** Before a policy is loaded every process is called `kernel`. A container of another engine sees it read-only, if at all: it is not his to use. */
function hasSelinux(): boolean {
  return selinuxMount() !== undefined && textOf('/proc/self/attr/current').replace(/\0$/, '') !== 'kernel';
}

/** Where selinuxfs is, of which the kernel has one; undefined where nobody may write to it. */
export function selinuxMount(mountinfo: string = readFileSync('/proc/self/mountinfo', 'utf8')): string | undefined {
  const lines = mountinfo.split('\n').map((line) => line.split(' '));
  return lines.find((fields) => fields[fields.indexOf('-') + 1] === 'selinuxfs' && !fields[5]?.split(',').includes('ro'))?.[4];
}

/** '' for a file that this kernel does not have or let be read. */
function textOf(path: string): string {
  return tolerating(['ENOENT', 'EINVAL', 'EACCES', 'EPERM'], '', () => readFileSync(path, 'utf8'));
}
