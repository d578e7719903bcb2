/** A root file system with busybox in it and OCI specs over it, for tests of the runtime alone. */
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';
import { Cgroup, cgroupLayout } from '#kernel';
import { planRuntime, type CreateOptions, type PlanRuntime, type Runtime, type Task } from '#runtime';
import { allCapabilities, defaultCapabilities, defaultDeviceRules, defaultMounts, maskedPaths, readonlyPaths, resolveSeccomp, type OciSpec } from '#spec';
import { root as checkout } from './command.ts';

export const shimPath = process.env.NARU_SHIM ?? join(checkout, 'dist/naru-shim');

/** Everything that one test file's containers leave traces in, and its removal. */
export class RuntimeWorld implements AsyncDisposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'naru-runtime-'));
  readonly base = join(this.directory, 'base');
  readonly execRoot = join(this.directory, 'exec');
  readonly cgroupParent = `/naru-test-${process.pid}-${Math.random().toString(36).slice(2, 8)}`;
  readonly warnings: string[] = [];
  runtime: Runtime;
  readonly #make: typeof planRuntime;
  #count = 0;

  /** `make`: another driver than the plan's. */
  constructor(make: typeof planRuntime = planRuntime) {
    this.#make = make;
    makeBase(this.base);
    this.runtime = this.anotherRuntime();
  }

  /** What a daemon started anew would have. */
  anotherRuntime({ spares: least = 0, most = least }: { spares?: number; most?: number } = {}): PlanRuntime {
    const { execRoot, cgroupParent, warnings } = this;
    return this.#make({ execRoot, shimPath, cgroupParent, spares: { least, most }, onWarning: (_id, message) => warnings.push(message) });
  }

  /** Options for a container that runs `args` on an overlay of its own; `change` edits the spec. */
  options(args: readonly string[], change: (spec: OciSpec) => void = () => undefined, more: Partial<CreateOptions> = {}): CreateOptions {
    const id = `t${++this.#count}-${Math.random().toString(36).slice(2, 8)}`;
    const home = join(this.directory, 'containers', id);
    for (const name of ['upper', 'work', 'root']) mkdirSync(join(home, name), { recursive: true });
    const spec = defaultSpec(args, join(home, 'root'));
    change(spec);
    return {
      id,
      spec,
      rootfs: [{ type: 'overlay', source: 'overlay', options: [`lowerdir=${this.base}`, `upperdir=${join(home, 'upper')}`, `workdir=${join(home, 'work')}`] }],
      stdio: { terminal: spec.process?.terminal ?? false, stdin: false, stdinOnce: false, log: undefined },
      init: false,
      ...more,
    };
  }

  create(args: readonly string[], change?: (spec: OciSpec) => void, more?: Partial<CreateOptions>): Promise<Task> {
    return this.runtime.create(this.options(args, change, more));
  }

  /** Runs to the end; gives what was printed, apart, and the exit. */
  async run(args: readonly string[], change?: (spec: OciSpec) => void, more?: Partial<CreateOptions>) {
    const task = await this.create(args, change, more);
    try {
      const collected = collect(await task.attach({ stdin: false, stdout: true, stderr: true }));
      await task.start();
      const output = await collected;
      return { ...output, exit: await task.wait() };
    } finally {
      await task.delete(true);
    }
  }

  /** The same through `sh -c`. */
  sh(script: string, change?: (spec: OciSpec) => void, more?: Partial<CreateOptions>) {
    return this.run(['sh', '-c', script], change, more);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const id of await this.runtime.list()) await (await this.runtime.load(id))?.delete(true);
    await new Cgroup(this.cgroupParent).remove();
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** Cgroups, processes and files of tasks that should not be there. */
  leftovers(): string[] {
    const cgroups = cgroupLayout().v1.map(({ mountPoint }) => join(mountPoint, this.cgroupParent)).filter((path) => existsSync(path));
    const below = cgroups.flatMap((path) => readdirSync(path, { withFileTypes: true }).filter((e) => e.isDirectory()).map((e) => join(path, e.name)));
    const tasks = readdirSync(join(this.execRoot, 'tasks')).map((id) => `task ${id}`);
    const processes = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && commandOf(pid).includes(this.execRoot));
    return [...below, ...tasks, ...processes.map((pid) => `process ${pid}: ${commandOf(pid)}`)];
  }
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return ''; // it has just ended
  }
}

/** All output of an attachment, stdout and stderr apart. */
export async function collect(attachment: Awaited<ReturnType<Task['attach']>>): Promise<{ stdout: string; stderr: string }> {
  const parts: Record<1 | 2, Buffer[]> = { 1: [], 2: [] };
  for await (const { stream, bytes } of attachment.output) parts[stream].push(Buffer.from(bytes));
  await attachment[Symbol.asyncDispose]();
  return { stdout: Buffer.concat(parts[1]).toString(), stderr: Buffer.concat(parts[2]).toString() };
}

function makeBase(base: string): void {
  for (const name of ['bin', 'dev', 'etc', 'proc', 'root', 'sys', 'tmp']) mkdirSync(join(base, name), { recursive: true });
  chmodSync(join(base, 'tmp'), 0o1777);
  copyFileSync('/bin/busybox', join(base, 'bin/busybox'));
  for (const applet of execFileSync('/bin/busybox', ['--list'], { encoding: 'utf8' }).trim().split('\n')) {
    if (applet !== 'busybox') symlinkSync('busybox', join(base, 'bin', applet));
  }
  writeFileSync(join(base, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000::/tmp:/bin/sh\n');
  writeFileSync(join(base, 'etc/group'), 'root:x:0:\nuser:x:1000:\n');
}

/** What a container of Docker's has by default, but with a network namespace that holds nothing. */
function defaultSpec(args: readonly string[], root: string): OciSpec {
  const capabilities = [...defaultCapabilities];
  return {
    ociVersion: '1.2.0',
    hostname: 'box',
    root: { path: root },
    process: {
      cwd: '/',
      args: [...args],
      env: ['PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'HOME=/root'],
      user: { uid: 0, gid: 0, additionalGids: [0] },
      capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
      oomScoreAdj: 0,
    },
    mounts: [
      ...defaultMounts.map((mount) => structuredClone(mount)),
      { destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: ['nosuid', 'noexec', 'nodev'] },
      { destination: '/dev/shm', type: 'tmpfs', source: 'shm', options: ['nosuid', 'noexec', 'nodev', 'mode=1777', 'size=67108864'] },
    ],
    linux: {
      namespaces: [{ type: 'pid' }, { type: 'mount' }, { type: 'uts' }, { type: 'ipc' }, { type: 'network' }],
      resources: { devices: [...defaultDeviceRules] },
      seccomp: seccomp(),
      maskedPaths: [...maskedPaths],
      readonlyPaths: [...readonlyPaths],
    },
  };
}

const seccomp = (() => {
  let profile: ReturnType<typeof resolveSeccomp> | undefined;
  return () => (profile ??= resolveSeccomp({ capabilities: defaultCapabilities, architecture: process.arch === 'arm64' ? 'arm64' : 'amd64', kernel: '6.1' }));
})();

/** Every capability and no seccomp, as --privileged. */
export function privileged(spec: OciSpec): void {
  const all = [...allCapabilities];
  if (spec.process) spec.process.capabilities = { bounding: all, effective: all, permitted: all };
  if (spec.linux) {
    delete spec.linux.seccomp;
    spec.linux.maskedPaths = [];
    spec.linux.readonlyPaths = [];
  }
}
