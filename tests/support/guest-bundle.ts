/** A bundle with busybox for naru-runtime, and its commands with CRIU at hand. Runs inside a guest (guest.ts). */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OciSpec } from '#spec';
import { until } from './command.ts';

export const criu = '/usr/sbin/criu';
export const states = '/tmp/states';
export const program = ['--single-threaded', '/naru/dist/naru-runtime/start.cjs', '--root', states, '--criu', criu];

/** What hangs is killed. */
const bounded = { timeout: 300_000, killSignal: 'SIGKILL' } as const;

/** Counts in its memory, and tells each number by a file of its tmpfs, which is never there half. */
export const counting = 'i=0; while sleep 0.2; do i=$((i+1)); echo $i > /dev/shm/next; mv /dev/shm/next /dev/shm/count; done';

export class GuestBundle {
  readonly path = mkdtempSync('/var/tmp/bundle-');
  /** What `spec` writes. */
  readonly plain: OciSpec;

  constructor() {
    for (const name of ['bin', 'proc', 'sys', 'dev', 'tmp', 'real']) mkdirSync(this.at(`rootfs/${name}`), { recursive: true });
    execFileSync('sh', ['-c', `cp /bin/busybox ${this.path}/rootfs/bin && chroot ${this.path}/rootfs /bin/busybox --install -s /bin`]);
    assert.equal(this.runtime('spec').status, 0);
    this.plain = JSON.parse(readFileSync(this.at('config.json'), 'utf8')) as OciSpec;
  }

  at(name: string): string {
    return join(this.path, name);
  }

  /** Containers and images of a test. */
  clear(): void {
    for (const id of existsSync(states) ? readdirSync(states) : []) this.runtime('delete', '--force', id);
    for (const name of ['images', 'work', 'log']) rmSync(this.at(name), { recursive: true, force: true });
  }

  runtime(...words: string[]): SpawnSyncReturns<string> {
    return spawnSync('node', [...program, ...words], { cwd: this.path, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], ...bounded });
  }

  /** What stays has the null device for its stdio, and says what went wrong by its log. */
  detached(...words: string[]): void {
    const { status } = spawnSync('node', [...program, '--log', this.at('log'), ...words], { cwd: this.path, stdio: 'ignore', ...bounded });
    assert.equal(status, 0, this.said());
  }

  /** The ends of the logs, and what CRIU complains of before. */
  said(): string {
    const logs = ['log', 'images/dump.log', 'images/restore.log', 'work/dump.log', 'work/restore.log', 'work/lazy.log'].filter((name) => existsSync(this.at(name)));
    const telling = (lines: readonly string[]) => lines.filter((line, index) => /Error|Warn/.test(line) || index > lines.length - 10);
    return logs.map((name) => `${name}: ${telling(readFileSync(this.at(name), 'utf8').split('\n')).join('\n')}`).join('\n');
  }

  configure(script: string, change: (spec: OciSpec) => void = () => undefined): void {
    const spec = structuredClone(this.plain);
    Object.assign(spec.process ?? {}, { terminal: false, args: ['sh', '-c', script] });
    Object.assign(spec.root ?? {}, { readonly: false });
    change(spec);
    writeFileSync(this.at('config.json'), JSON.stringify(spec));
  }

  stateOf(id: string): { pid: number; status: string } {
    return JSON.parse(this.runtime('state', id).stdout) as { pid: number; status: string };
  }

  inside(id: string, ...command: string[]): string {
    return this.runtime('exec', id, ...command).stdout.trim();
  }

  pidOf(id: string): number {
    return (JSON.parse(readFileSync(join(states, id, 'state.json'), 'utf8')) as { pid: number }).pid;
  }

  /** A file of the container's: starting a command inside takes a while here. */
  read(id: string, path: string): string {
    return readFileSync(`/proc/${this.pidOf(id)}/root/${path}`, 'utf8').trim();
  }

  /** Of who is `counting`. */
  count(id: string): number {
    return Number(this.read(id, '/dev/shm/count'));
  }

  counted(id: string, above = 0): Promise<number> {
    return until(`it counts above ${above}`, async () => this.count(id) > above && this.count(id)) as Promise<number>;
  }
}
