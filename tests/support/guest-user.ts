/** The ordinary user that a guest has (guest.ts, `user`): his commands, in a cgroup of the test's choice. Runs inside the guest. */
import { spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const cgroups = '/sys/fs/cgroup';

export class GuestUser {
  readonly uid = 1000;
  readonly home = '/home/user';
  readonly runtimeDirectory = '/run/user/1000';

  /** `/run` is made anew by each boot. */
  constructor() {
    mkdirSync(this.runtimeDirectory, { recursive: true });
    chownSync(this.runtimeDirectory, this.uid, this.uid);
  }

  /** The words that run a command as him, in a cgroup by its path from the root. */
  words(command: readonly string[], cgroup: string, env: Readonly<Record<string, string>> = {}): [string, ...string[]] {
    const settings = Object.entries({ HOME: this.home, USER: 'user', XDG_RUNTIME_DIR: this.runtimeDirectory, PATH: '/usr/bin:/usr/sbin:/bin', ...env }).map(([name, value]) => `${name}=${value}`);
    const become = ['/usr/bin/setpriv', `--reuid=${this.uid}`, `--regid=${this.uid}`, '--clear-groups', 'env', '-i', ...settings, ...command];
    return ['sh', '-c', `echo $$ > ${join(cgroups, cgroup, 'cgroup.procs')} && cd ${this.home} && exec "$@"`, 'sh', ...become];
  }

  /** Runs a command to its end; what stays has its stdio, which are files here. */
  run(command: readonly string[], { cgroup, env, cwd = this.home }: { cgroup: string; env?: Readonly<Record<string, string>>; cwd?: string }): { code: number | null; stdout: string; stderr: string } {
    const [program, ...words] = this.words(['sh', '-c', 'cd "$0" && "$@" </dev/null >/tmp/his.out 2>/tmp/his.err', cwd, ...command], cgroup, env);
    for (const name of ['out', 'err']) writeFileSync(`/tmp/his.${name}`, '', { mode: 0o666 });
    for (const name of ['out', 'err']) chownSync(`/tmp/his.${name}`, this.uid, this.uid);
    const { status } = spawnSync(program, words, { stdio: 'inherit', timeout: 300_000, killSignal: 'SIGKILL' });
    const said = (name: string) => spawnSync('cat', [`/tmp/his.${name}`], { encoding: 'utf8' }).stdout;
    return { code: status, stdout: said('out'), stderr: said('err') };
  }
}

/** A cgroup that is his as systemd delegates one (cgroup-v2.rst, "Delegation"), with every controller that there is; `path` from the root. */
export function delegate(path: string, uid: number): void {
  writeFileSync(join(cgroups, 'cgroup.subtree_control'), '+cpu +memory +pids +io +cpuset');
  if (!existsSync(join(cgroups, path))) mkdirSync(join(cgroups, path));
  for (const name of ['', 'cgroup.procs', 'cgroup.threads', 'cgroup.subtree_control']) chownSync(join(cgroups, path, name), uid, uid);
}
