/**
 * An ordinary user of the test's own, with subordinate ids, and a mount namespace where he can read this checkout
 * (which may lie in root's home) and open /dev/net/tun, as udev lets everybody.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { chownSync, mkdirSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cgroupLayout } from '#kernel';
import { ok, root, run, until, type Result } from './command.ts';

const path = '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin';

export class OrdinaryUser implements AsyncDisposable {
  readonly name: string;
  readonly home: string;
  readonly uid: number;
  /** The checkout, as he sees it. */
  readonly checkout: string;
  readonly #view: ChildProcess;

  private constructor(name: string, uid: number, view: ChildProcess) {
    this.name = name;
    this.uid = uid;
    this.home = `/home/${name}`;
    this.checkout = join(this.home, 'naru');
    this.#view = view;
  }

  static async make(): Promise<OrdinaryUser> {
    const name = `naru-${process.pid}`;
    await ok('useradd', ['--create-home', '--shell', '/bin/sh', name]);
    await ok('chmod', ['755', `/home/${name}`]);
    const uid = Number(await ok('id', ['-u', name]));
    const script = [
      `mkdir /home/${name}/naru`,
      `mount --bind ${root} /home/${name}/naru`,
      'mount -t tmpfs naru-test /dev/net',
      'mknod -m 666 /dev/net/tun c 10 200',
      'echo ready',
      'exec sleep infinity',
    ].join(' && ');
    const view = spawn('unshare', ['--mount', 'sh', '-c', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const user = new OrdinaryUser(name, uid, view);
    await until('a view of his own', async () => view.stdout?.read() !== null);
    return user;
  }

  /** Where his daemon listens, by its own defaults. */
  get host(): string {
    return `unix://${join(this.home, 'run/naru/naru.sock')}`;
  }

  /** The words that run a command as him. `cgroup`: a directory of cgroup v2 to begin in. */
  words(command: readonly string[], { cgroup, env = {} }: { cgroup?: string; env?: Record<string, string> } = {}): [string, ...string[]] {
    const own = { HOME: this.home, XDG_RUNTIME_DIR: join(this.home, 'run'), PATH: path, ...env };
    const settings = Object.entries(own).map(([key, value]) => `${key}=${value}`);
    const become = ['setpriv', `--reuid=${this.uid}`, `--regid=${this.uid}`, '--init-groups', 'env', '-i', ...settings, ...command];
    const enter = cgroup ? ['sh', '-c', `echo $$ > ${cgroup}/cgroup.procs && exec "$@"`, 'sh', ...become] : become;
    return ['nsenter', '-t', String(this.#view.pid), '--mount', `--wdns=${this.home}`, ...enter];
  }

  /** Runs a command as him to its end. */
  run(command: readonly string[], options: { env?: Record<string, string> } = {}): Promise<Result> {
    const [program, ...words] = this.words(command, options);
    return run(program, words, { timeout: 60_000 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#view.kill('SIGKILL');
    const left = (await run('ps', ['-o', 'pid', '--no-headers', '-u', String(this.uid)])).stdout.split(/\s+/).filter(Boolean);
    if (left.length > 0) await run('kill', ['-9', ...left]); // where a test failed: the next user gets this one's id
    await run('userdel', ['--force', '--remove', this.name]);
    rmSync(this.home, { recursive: true, force: true });
  }
}

/** A cgroup of version 2 that is handed to `uid` as systemd delegates one (cgroup-v2.rst, "Delegation"); removed when disposed. */
export function delegatedCgroup(uid: number): AsyncDisposable & { readonly path: string } {
  const { v2 } = cgroupLayout();
  if (!v2) throw new Error('this machine has no cgroup v2');
  const path = join(v2.mountPoint, `naru-user-${process.pid}`);
  mkdirSync(path);
  for (const name of ['', 'cgroup.procs', 'cgroup.threads', 'cgroup.subtree_control']) chownSync(join(path, name), uid, uid);
  return { path, [Symbol.asyncDispose]: () => until('the cgroup is empty', async () => (removeTree(path), true)).then(() => undefined) };
}

function removeTree(directory: string): void {
  for (const entry of readdirSync(directory, { withFileTypes: true })) if (entry.isDirectory()) removeTree(join(directory, entry.name));
  rmdirSync(directory);
}
